/** An error as an AWS service answers it; the gateway renders it in the service's protocol so that SDK clients throw it by name. */
export class AwsError extends Error {
  public constructor(
    /** Error code: `NoSuchKey`, `ValidationException`, `ThrottlingException`, `AccessDeniedException`. */
    public readonly code: string,
    message: string,
    public readonly statusCode: number = 400,
  ) {
    super(message);
    this.name = code;
  }
}
