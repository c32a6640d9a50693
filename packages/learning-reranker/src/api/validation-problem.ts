/** Turns a schema's findings into the one sentence that helps: where, and what was expected there. */
import type { FastifySchemaValidationError } from 'fastify';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

export interface ValidationProblem {
  /** Such as `documents.3.text`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

/**
 * Of alternatives the caller meant the one that fits best: whose first problem lies deepest, and of
 * equal ones the one with the fewest.
 */
export function problemOf(issues: readonly Issue[]): ValidationProblem {
  const [first] = issues;
  if (!first) return { field: '', message: 'is not as expected' };
  if (first.code === 'invalid_union' && first.errors.length > 0) {
    const [meant] = [...first.errors].sort(
      (a, b) => depthOf(b) - depthOf(a) || a.length - b.length,
    );
    const inner = problemOf((meant ?? []) as Issue[]);
    const field = [...first.path.map(String), inner.field].filter((part) => part !== '').join('.');
    return { field, message: inner.message };
  }
  if (first.code === 'unrecognized_keys') {
    const field = [...first.path, first.keys[0] ?? ''].map(String).join('.').slice(0, 200);
    return { field, message: 'there is no such field; /docs has those there are' };
  }
  return { field: first.path.map(String).join('.'), message: first.message };
}

function depthOf(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly code: string }[],
) {
  const [first] = issues;
  // A wrong type at the root says that another alternative was meant.
  if (!first || (first.code === 'invalid_type' && first.path.length === 0)) return -1;
  return first.path.length;
}

/** The findings as Fastify hands them on. */
export function issuesOf(validation: readonly FastifySchemaValidationError[]): Issue[] {
  return validation.map(
    ({ keyword, instancePath, message, params }) =>
      ({
        ...params,
        code: keyword,
        path: instancePath.split('/').filter((part) => part !== ''),
        message: message ?? '',
      }) as unknown as Issue,
  );
}
