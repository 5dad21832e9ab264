/** A linear model in logits. */
export interface LinearModel {
  readonly bias: number;
  readonly weights: readonly number[];
}

const MAX_STEPS = 50;
const CONVERGED = 1e-9;

/**
 * Logistic regression with an L2 penalty on the weights (not the bias), by Newton's method: iteratively reweighted least
 * squares. Targets may lie between 0 and 1 (quasi-binomial), examples may have weights.
 *
 * Source of the method: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 4.4.1.
 *
 * @param rows one for each example, all of the same length
 * @param targets 0 to 1
 * @param penalty λ of λ/2 · Σ weight²
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  importance: readonly number[],
  penalty: number,
): LinearModel {
  const width = rows[0].length + 1;
  let model = new Float64Array(width);
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = new Float64Array(width);
    const hessian = Array.from({ length: width }, () => new Float64Array(width));
    rows.forEach((row, example) => {
      const probability = 1 / (1 + Math.exp(-logit(model, row)));
      const error = importance[example] * (targets[example] - probability);
      const curve = importance[example] * Math.max(1e-12, probability * (1 - probability));
      for (let i = 0; i < width; i++) {
        const left = i === 0 ? 1 : row[i - 1];
        if (left === 0) continue;
        gradient[i] += error * left;
        for (let j = 0; j <= i; j++) hessian[i][j] += curve * left * (j === 0 ? 1 : row[j - 1]);
      }
    });
    for (let i = 0; i < width; i++) {
      for (let j = i + 1; j < width; j++) hessian[i][j] = hessian[j][i];
      if (i > 0) {
        gradient[i] -= penalty * model[i];
        hessian[i][i] += penalty;
      } else hessian[0][0] += 1e-9;
    }
    const change = solve(hessian, gradient);
    model = model.map((value, i) => value + change[i]);
    if (Math.max(...change.map(Math.abs)) < CONVERGED) break;
  }
  return { bias: model[0], weights: Array.from(model.subarray(1)) };
}

function logit(model: Float64Array, row: readonly number[]): number {
  let sum = model[0];
  for (let i = 0; i < row.length; i++) sum += model[i + 1] * row[i];
  return sum;
}

/** Solves a symmetric positive definite system by Cholesky's decomposition. Both arguments are overwritten. */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= matrix[i][k] * matrix[j][k];
      matrix[i][j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / matrix[j][j];
    }
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) right[i] -= matrix[i][k] * right[k];
    right[i] /= matrix[i][i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) right[i] -= matrix[k][i] * right[k];
    right[i] /= matrix[i][i];
  }
  return right;
}
