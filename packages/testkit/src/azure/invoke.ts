import type { CoreInvocationContext, RegisteredApp, RegisteredFunction } from './core-api.ts';
import type { Invocation } from './messages.ts';

/** What hooks of the whole app share. */
const appHookData = {};

/**
 * Calls a function the way the worker does: its arguments, the hooks before, the function, the hooks after, its response.
 *
 * @throws what the function throws, or a hook
 */
export async function invoke(
  app: RegisteredApp,
  { metadata, callback }: RegisteredFunction,
  invocation: Invocation,
  log: CoreInvocationContext['log'],
): Promise<void> {
  if (app.model === undefined) throw new Error('The app has set no programming model.');
  const core: CoreInvocationContext = {
    invocationId: invocation.id,
    request: requestOf(metadata, invocation),
    metadata,
    log,
  };
  const model = await app.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  const shared = { hookData: {}, appHookData, invocationContext: context };

  const before = { ...shared, inputs, functionCallback: callback };
  core.state = 'preInvocationHooks';
  await app.runHooks('preInvocation', before);

  const after = { ...shared, inputs: before.inputs, result: undefined as unknown, error: undefined as unknown };
  core.state = 'invocation';
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }
  core.state = 'postInvocationHooks';
  await app.runHooks('postInvocation', after);
  core.state = undefined;
  if (after.error !== undefined && after.error !== null) throw after.error;
  await model.getResponse(context, after.result);
}

/** As the host fills it for a worker that takes requests itself: the body is not in it. */
function requestOf(metadata: RegisteredFunction['metadata'], invocation: Invocation) {
  const [trigger = ''] = Object.keys(metadata.bindings).filter((name) => metadata.bindings[name]?.direction === 'in');
  const parameters = Object.entries(invocation.routeParameters).map(([name, string]) => [name, { string }]);
  return {
    functionId: metadata.name,
    invocationId: invocation.id,
    traceContext: { traceParent: invocation.traceParent, traceState: invocation.traceState, attributes: {} },
    inputData: [{ name: trigger, data: { http: {} } }],
    triggerMetadata: {
      ...Object.fromEntries(parameters),
      Headers: { json: JSON.stringify(invocation.headers) },
      Query: { json: JSON.stringify(invocation.query) },
    },
  };
}
