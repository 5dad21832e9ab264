/**
 * Settings of every client of S3. A custom endpoint (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`) is a single host without a name for each
 * bucket: there the bucket goes into the path.
 */
export function s3Settings(): { readonly forcePathStyle: boolean; readonly followRegionRedirects: true } {
  const custom = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL ?? '';
  return { forcePathStyle: custom !== '', followRegionRedirects: true };
}
