/** An error as an AWS service answers it; the gateway renders it in the service's protocol so that SDK clients throw it by name. */
export class AwsError extends Error {
  public constructor(
    /** Error code: `NoSuchKey`, `ValidationException`, `ThrottlingException`, `AccessDeniedException`. */
    public readonly code: string,
    message: string,
    public readonly statusCode: number = 400,
    /** Further members of the error shape, e.g. OriginalStatusCode of ModelError. */
    public readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = code;
  }
}
