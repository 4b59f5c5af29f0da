export { defineJob, type JobContext } from './define-job.ts';
export { definePrompt, type Prompt, type PromptMessage, type PromptOutcome } from './define-prompt.ts';
export { type Resource, type ResourceOutcome, type ResourceTemplate, uriTemplateOf } from './define-resource.ts';
export {
  type ClientFeature,
  defineTool,
  InvalidToolOutput,
  type Logger,
  type Principal,
  type PrincipalJobs,
  type Requirements,
  type ServerFacts,
  type TellLevel,
  type Tool,
  type ToolAnnotations,
  type ToolContext,
  type ToolDefinition,
  type ToolOutcome,
} from './define-tool.ts';
export { FetchRefused } from './fetch-refused.ts';
export { mintHandle } from './handle.ts';
export { rendered, viewOf } from './job-view.ts';
export {
  type Asked,
  createMessage,
  elicitForm,
  type InputRequest,
  InputRequired,
  inputRequired,
  listRoots,
  NO_INPUT,
  type Question,
  type RequestInput,
} from './question.ts';
export { audio, type Content, embedded, Failure, failure, image, resourceLink, text, withContent } from './result.ts';
export type { Surface } from './surface.ts';
