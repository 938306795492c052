/**
 * Asymptotic confidence sequences: intervals that stay valid however often one looks (Waudby-Smith et al., "Time-uniform central
 * limit theory and asymptotic confidence sequences", arXiv 2103.06476, one-sided form: equation 134), in GrowthBook's parametrisation.
 * Imports nothing.
 */

/** Where the boundary is tightest: at about `expected` observations. */
export function boundaryShape(alpha: number, expected: number): number {
  const spread = -2 * Math.log(alpha);
  return Math.sqrt((spread + Math.log(spread + 1)) / expected);
}

/** @param variance of one observation, i.e. standardError² · n */
export function halfWidthTwoSided(variance: number, n: number, alpha: number, expected: number): number {
  const rho2 = boundaryShape(alpha, expected) ** 2;
  const scale = (2 * (n * rho2 + 1)) / (n * n * rho2);
  return Math.sqrt(variance * scale * Math.log(Math.sqrt(n * rho2 + 1) / alpha));
}

export function halfWidthOneSided(variance: number, n: number, alpha: number, expected: number): number {
  const rho2 = boundaryShape(2 * alpha, expected) ** 2;
  const scale = (2 * (n * rho2 + 1)) / (n * n * rho2);
  return Math.sqrt(variance * scale * Math.log(1 + Math.sqrt(n * rho2 + 1) / (2 * alpha)));
}
