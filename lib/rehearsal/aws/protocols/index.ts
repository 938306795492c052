import type { ProtocolName } from '../service-model';
import { awsJson } from './aws-json';
import { awsQuery } from './aws-query';
import { restJson, restXml } from './rest';
import type { ServerProtocol } from './wire';

export const protocols: Readonly<Record<ProtocolName, ServerProtocol>> = { awsJson, awsQuery, restJson, restXml };
