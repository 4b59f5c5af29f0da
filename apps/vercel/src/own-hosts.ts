import { type EnvironmentSource, isSet } from '@mcp-everywhere/platform/env';

/**
 * The names Vercel itself gives a deployment, its branch and its project
 * (https://vercel.com/docs/environment-variables/system-environment-variables). It routes by name, so no other
 * deployment is reached by one of them.
 */
const OWN_NAMES = ['VERCEL_URL', 'VERCEL_BRANCH_URL', 'VERCEL_PROJECT_PRODUCTION_URL'];

/** The environment, with the deployment's own names among the hosts that clients may use. */
export function withOwnHosts(environment: EnvironmentSource): EnvironmentSource {
  const own = OWN_NAMES.filter((name) => isSet(environment, name))
    // Under `vercel dev` the name has a port.
    .map((name) => URL.parse(`https://${environment[name]}`)?.hostname);
  return { ...environment, MCP_ALLOWED_HOSTS: [...own, environment.MCP_ALLOWED_HOSTS].filter(Boolean).join(',') };
}
