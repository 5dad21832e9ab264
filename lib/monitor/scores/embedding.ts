/** Cosine of the angle between two embeddings, −1 to 1; 0 where one has no length. */
export function cosine(left: readonly number[], right: readonly number[]): number {
  let [dot, a, b] = [0, 0, 0];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    dot += left[i] * right[i];
    a += left[i] ** 2;
    b += right[i] ** 2;
  }
  return a === 0 || b === 0 ? 0 : dot / Math.sqrt(a * b);
}
