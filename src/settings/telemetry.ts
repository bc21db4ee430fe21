import type { SettingDefinitions } from './setting.ts';
import { integer, text, webUrl } from './value-types.ts';

/** Metrics and traces. */
export const telemetrySettings = {
  metricOperationsMax: {
    type: integer(),
    default: '200',
    description: 'Maximum number of GraphQL operations with metrics of their own; further ones are counted as `other`.',
  },
  otlpEndpoint: {
    type: webUrl,
    default: '',
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description:
      'URL of an OpenTelemetry collector, such as `http://127.0.0.1:4318`: traces are sent to its path `/v1/traces` as JSON; empty for none.',
  },
  otlpServiceName: {
    type: text,
    default: 'asof',
    variable: 'OTEL_SERVICE_NAME',
    description: 'The name of this server in traces.',
  },
} satisfies SettingDefinitions;
