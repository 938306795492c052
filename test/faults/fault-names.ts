export const MODEL = 'shop';

/** Metric of the business that an A/B test compares, and the dimension that names the variant. */
export const BUSINESS_METRIC = { namespace: 'Shop', metricName: 'Converted', variantDimension: 'Variant' } as const;
