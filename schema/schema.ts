import { builder } from './builder.ts';
import './scalars.ts';
import './time.ts';
import './status.ts';
import './faults.ts';
import './provenance.ts';
import './intake.ts';
import './rejects.ts';
import './imports.ts';
import './import-progress.ts';
import './recording.ts';
import './users.ts';
import './user-status.ts';
import './ip-city.ts';
import './facts.ts';
import './transactions.ts';
import './enriched-figures.ts';
import './enriched-aggregate.ts';
import './experiments.ts';
import './experiment-events.ts';
import './monitor-checks.ts';
import './monitor.ts';
import './recorded-events.ts';
import './conversations.ts';
import './dashboard.ts';
import './server.ts';

/** The whole GraphQL schema. Types register themselves when their file is imported: every file stands in this list. */
export const schema = builder.toSchema();
