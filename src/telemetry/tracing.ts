import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Config } from '../config.ts';
import type { Attributes } from '../lib/telemetry.ts';
import type { Tracing } from './telemetry.ts';

/** Traces are sent at these intervals, and at the end of the program. */
const sendEveryMs = 1000;
/** A collector that does not answer is given up after this time, also at the end of the program. */
const sendTimeoutMs = 2000;

/** Sends traces to the collector of the setting `otlpEndpoint`. Imported lazily: its packages are needed by few servers. */
export const openTracing = ({ otlpEndpoint, otlpServiceName }: Config, version: string): Tracing => {
  const exporter = new OTLPTraceExporter({ url: `${otlpEndpoint}/v1/traces`, timeoutMillis: sendTimeoutMs });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': otlpServiceName, 'service.version': version }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: sendEveryMs, exportTimeoutMillis: sendTimeoutMs }),
    ],
  });
  return new OpenTelemetryTracing(provider.getTracer('asof', version), () => provider.shutdown());
};

class OpenTelemetryTracing implements Tracing {
  readonly close: () => Promise<void>;
  readonly #tracer: Tracer;
  /** The context of the step that runs, also across promises. */
  readonly #current = new AsyncLocalStorage<Context>();

  constructor(tracer: Tracer, shutdown: () => Promise<void>) {
    this.#tracer = tracer;
    // A collector that is away must not keep the program from ending.
    this.close = () => shutdown().catch(() => undefined);
  }

  span<R>(name: string, attributes: Attributes, work: () => R): R {
    const parent = this.#current.getStore() ?? ROOT_CONTEXT;
    const span = this.#tracer.startSpan(name, { attributes }, parent);
    try {
      const result = this.#current.run(trace.setSpan(parent, span), work);
      if (!(result instanceof Promise)) {
        span.end();
        return result;
      }
      result.then(
        () => span.end(),
        (error: unknown) => fail(span, error),
      );
      return result;
    } catch (error) {
      fail(span, error);
      throw error;
    }
  }

  request(...[{ method = '', headers }, answer]: Parameters<Tracing['request']>): ReturnType<Tracing['request']> {
    const parent = parentOf(headers.traceparent?.toString());
    const span = this.#tracer.startSpan('HTTP', { kind: SpanKind.SERVER }, parent);
    this.#current.run(trace.setSpan(parent, span), answer);
    return {
      ended({ route, status, outcome, method: known }) {
        span.updateName(`${known} ${route}`);
        span.setAttributes({ 'http.request.method': known === method ? method : '_OTHER', 'http.route': route });
        span.setAttributes({ 'http.response.status_code': status, 'asof.outcome': outcome });
        if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }
}

/** The kind of an error and never its message, which may quote what people sent. */
const fail = (span: Span, error: unknown): void => {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  span.setAttribute('error.type', typeof code === 'string' ? code : typeof name === 'string' ? name : 'Error');
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
};

/** https://www.w3.org/TR/trace-context/#traceparent-header; later versions may have more fields behind these. */
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

/** The span that a client's header names. Its `tracestate` is free text, so it is not taken over. */
const parentOf = (header: string | undefined): Context => {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.exec(header ?? '') ?? [];
  if (traceId === '') return ROOT_CONTEXT;
  const isSampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  const spanContext: SpanContext = {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
  return trace.setSpanContext(ROOT_CONTEXT, spanContext);
};
