import type { CoreInvocationContext, RegisteredApp, RegisteredFunction } from './core-api.ts';
import type { Invocation, Trigger } from './messages.ts';

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

function requestOf(metadata: RegisteredFunction['metadata'], invocation: Invocation) {
  const [trigger = ''] = Object.keys(metadata.bindings).filter((name) => metadata.bindings[name]?.direction === 'in');
  const { data, triggerMetadata } = given(invocation.trigger);
  return {
    functionId: metadata.name,
    invocationId: invocation.id,
    traceContext: { traceParent: invocation.traceParent, traceState: invocation.traceState, attributes: {} },
    inputData: [{ name: trigger, data }],
    triggerMetadata,
  };
}

/** As the host fills it: a request's body is not in it where the worker takes requests itself. */
function given(trigger: Trigger) {
  if (trigger.kind === 'queue') {
    const known = Object.entries(trigger.metadata).map(([name, value]) => [name, { json: JSON.stringify(value) }]);
    const triggerMetadata = { ...Object.fromEntries(known), QueueTrigger: { string: trigger.text } };
    return { data: { string: trigger.text }, triggerMetadata };
  }
  const parameters = Object.entries(trigger.routeParameters).map(([name, string]) => [name, { string }]);
  return {
    data: { http: {} },
    triggerMetadata: {
      ...Object.fromEntries(parameters),
      Headers: { json: JSON.stringify(trigger.headers) },
      Query: { json: JSON.stringify(trigger.query) },
    },
  };
}
