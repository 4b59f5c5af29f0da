/** The header that carries a session's id, in both directions. */
export const SESSION_HEADER = 'mcp-session-id';
