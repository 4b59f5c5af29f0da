export default () => Response.json({ hello: 'world' });

export const config = { path: '/*' };
