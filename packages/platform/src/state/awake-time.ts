const PARTS = 5;

/**
 * Waits for an answer as long as that is fair: time counts only in which this process ran. One that was stopped, throttled or
 * busy for seconds finds its timers due before it has read what came meanwhile, and would take an engine that answered for
 * one that did not. So it waits for several short times in turn, of which a stall takes one, and then reads once more.
 *
 * @param ms how long, in a process that runs
 * @param late makes the error where no answer came
 */
export async function withinAwakeTime<T>(ms: number, answer: Promise<T>, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setInterval> | undefined;
  const waited = new Promise<never>((_resolve, reject) => {
    let parts = PARTS;
    timer = setInterval(() => {
      parts -= 1;
      if (parts === 0) setImmediate(() => reject(late()));
    }, ms / PARTS);
  });
  try {
    return await Promise.race([answer, waited]);
  } finally {
    clearInterval(timer);
  }
}
