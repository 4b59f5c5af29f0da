Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.env.get('PORT')) }, () => Response.json({ hello: 'world' }));
