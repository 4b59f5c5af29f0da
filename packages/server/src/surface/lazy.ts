/** Computes once, on first use; what failed is tried again next time. Keeps module scope and start-up free of work. */
export function lazy<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
}
