/** The largest whole number up to `most` that fits, where all below one that fits do as well; 0 where not even 1 does. */
export function largestFitting(fit: (size: number) => boolean, most: number): number {
  let fits = 0;
  let tooMany = Math.max(1, most) + 1;
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (fit(middle)) fits = middle;
    else tooMany = middle;
  }
  return fits;
}
