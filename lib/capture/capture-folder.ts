/** `…/yyyy/mm/dd/hh/file`: the hour when the requests of a captured file came (guide, "Capture data from real-time endpoint"). ISO time. */
export function folderHourOf(key: string): string | undefined {
  const match = /\/(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\/+[^/]+$/.exec(key);
  return match ? `${match[1]}-${match[2]}-${match[3]}T${match[4]}:00:00Z` : undefined;
}
