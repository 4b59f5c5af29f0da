/** The extension by which a client says that it takes a task for an answer. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
