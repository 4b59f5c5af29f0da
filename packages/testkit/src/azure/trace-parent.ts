/** What begins a trace (https://www.w3.org/TR/trace-context/#traceparent-header). */
export function newTraceParent(): string {
  const hex = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
  return `00-${hex(16)}-${hex(8)}-00`;
}
