/** 1: numeric columns have no grid, and moments no exact sums. */
export const FORMAT_VERSION = 2;

/** Categories with a bin of their own: rarer ones would leave bins too thin for the chi-square bound at the usual sample sizes. */
export const CATEGORY_BINS_MAXIMUM = 20;
export const CATEGORY_SHARE_MINIMUM = 0.01;
/** Known categories that the baseline lists; with more the column is open-ended and knows no unseen category. */
export const KNOWN_CATEGORIES_MAXIMUM = 1000;
