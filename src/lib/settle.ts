/**
 * Does `act` for every item at once and waits for all of them, also when one fails; then throws the first failure.
 * Promise.all would go on while others still work, which a compensation must not.
 */
export async function settle<A, B>(items: readonly A[], act: (item: A) => Promise<B>): Promise<B[]> {
  const outcomes = await Promise.allSettled(items.map(act));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
