export { GET } from '../api/index.func/index.mjs';
