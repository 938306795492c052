/**
 * Errors that each API declares, by service id: the error classes of the AWS SDK packages (a test compares). Step Functions names these after
 * themselves; any other code becomes the base exception of the service. S3's AccessDenied is left out: only new operations declare it.
 */
export const MODELLED_ERRORS: Record<string, ReadonlySet<string>> = {
  'application-auto-scaling': names(
    'ConcurrentUpdateException FailedResourceAccessException InternalServiceException InvalidNextTokenException LimitExceededException ' +
    'ObjectNotFoundException ResourceNotFoundException TooManyTagsException ValidationException',
  ),
  cloudwatch: names(
    'ConcurrentModificationException ConflictException DashboardInvalidInputError DashboardNotFoundError InternalServiceFault ' +
    'InvalidFormatFault InvalidNextToken InvalidParameterCombinationException InvalidParameterValueException KmsAccessDeniedException ' +
    'KmsKeyDisabledException KmsKeyNotFoundException LimitExceededException LimitExceededFault MissingRequiredParameterException ' +
    'ResourceConflict ResourceNotFound ResourceNotFoundException ValidationException',
  ),
  eventbridge: names(
    'AccessDeniedException ConcurrentModificationException IllegalStatusException InternalException InvalidEventPatternException ' +
    'InvalidStateException LimitExceededException ManagedRuleException OperationDisabledException PolicyLengthExceededException ' +
    'ResourceAlreadyExistsException ResourceNotFoundException ThrottlingException',
  ),
  lambda: names(
    'AliasLimitExceededException CallbackTimeoutException CapacityProviderLimitExceededException CodeArtifactUserDeletedException ' +
    'CodeArtifactUserFailedException CodeArtifactUserPendingException CodeSigningConfigNotFoundException CodeStorageExceededException ' +
    'CodeVerificationFailedException DurableExecutionAlreadyStartedException EC2AccessDeniedException EC2ThrottledException ' +
    'EC2UnexpectedException EFSIOException EFSMountConnectivityException EFSMountFailureException EFSMountTimeoutException ' +
    'ENILimitReachedException ENINotReadyException FunctionVersionsPerCapacityProviderLimitExceededException ' +
    'InvalidCodeSignatureException InvalidParameterValueException InvalidRequestContentException InvalidRuntimeException ' +
    'InvalidSecurityGroupIDException InvalidSubnetIDException InvalidZipFileException KMSAccessDeniedException KMSDisabledException ' +
    'KMSInvalidStateException KMSNotFoundException ModeNotSupportedException NoPublishedVersionException PolicyLengthExceededException ' +
    'PreconditionFailedException ProvisionedConcurrencyConfigNotFoundException PublicPolicyException RecursiveInvocationException ' +
    'RequestTooLargeException ResourceConflictException ResourceInUseException ResourceNotFoundException ResourceNotReadyException ' +
    'S3FilesMountConnectivityException S3FilesMountFailureException S3FilesMountTimeoutException ' +
    'SerializedRequestEntityTooLargeException ServiceException ServiceQuotaExceededException SnapStartException ' +
    'SnapStartNotReadyException SnapStartRegenerationFailureException SnapStartTimeoutException SubnetIPAddressLimitReachedException ' +
    'TooManyRequestsException UnsupportedMediaTypeException',
  ),
  s3: names(
    'AnnotationLimitExceeded AnnotationNameTooLong BucketAlreadyExists BucketAlreadyOwnedByYou EncryptionTypeMismatch ' +
    'IdempotencyParameterMismatch InvalidAnnotationName InvalidObjectState InvalidPrefix InvalidRequest InvalidWriteOffset ' +
    'NoSuchAnnotation NoSuchBucket NoSuchKey NoSuchUpload NotFound ObjectAlreadyInActiveTierError ObjectNotInActiveTierError ' +
    'TooManyParts UnsupportedMediaType',
  ),
  sagemaker: names(
    'ConflictException ResourceInUse ResourceLimitExceeded ResourceNotFound',
  ),
  scheduler: names(
    'ConflictException InternalServerException ResourceNotFoundException ServiceQuotaExceededException ThrottlingException ' +
    'ValidationException',
  ),
  sfn: names(
    'ActivityAlreadyExists ActivityDoesNotExist ActivityLimitExceeded ActivityWorkerLimitExceeded ConflictException ' +
    'ExecutionAlreadyExists ExecutionDoesNotExist ExecutionLimitExceeded ExecutionNotRedrivable InvalidArn InvalidDefinition ' +
    'InvalidEncryptionConfiguration InvalidExecutionInput InvalidLoggingConfiguration InvalidName InvalidOutput InvalidToken ' +
    'InvalidTracingConfiguration KmsAccessDeniedException KmsInvalidStateException KmsThrottlingException MissingRequiredParameter ' +
    'ResourceNotFound ServiceQuotaExceededException StateMachineAlreadyExists StateMachineDeleting StateMachineDoesNotExist ' +
    'StateMachineLimitExceeded StateMachineTypeNotSupported TaskDoesNotExist TaskTimedOut TooManyTags ValidationException',
  ),
  sns: names(
    'AuthorizationErrorException BatchEntryIdsNotDistinctException BatchRequestTooLongException ConcurrentAccessException ' +
    'EmptyBatchRequestException EndpointDisabledException FilterPolicyLimitExceededException InternalErrorException ' +
    'InvalidBatchEntryIdException InvalidParameterException InvalidParameterValueException InvalidSecurityException ' +
    'InvalidStateException KMSAccessDeniedException KMSDisabledException KMSInvalidStateException KMSNotFoundException KMSOptInRequired ' +
    'KMSThrottlingException NotFoundException OptedOutException PlatformApplicationDisabledException ReplayLimitExceededException ' +
    'ResourceNotFoundException StaleTagException SubscriptionLimitExceededException TagLimitExceededException TagPolicyException ' +
    'ThrottledException TooManyEntriesInBatchRequestException TopicLimitExceededException UserErrorException ValidationException ' +
    'VerificationException',
  ),
};

function names(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}
