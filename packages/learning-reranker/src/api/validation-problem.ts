/** Picks the most helpful problem of an invalid request: the field, and what was expected there. */
import type { FastifySchemaValidationError } from 'fastify';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

export interface ValidationProblem {
  /** A path such as `documents.3.text`; empty for the whole request. */
  readonly field: string;
  readonly message: string;
}

/**
 * The first problem. For a union, the caller most likely meant the alternative whose first problem is the deepest, and
 * among those the one with the fewest problems.
 */
export function problemOf(issues: readonly Issue[]): ValidationProblem {
  const [first] = issues;
  if (!first) return { field: '', message: 'is invalid' };
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
    return { field, message: 'unknown field; see /docs for all fields' };
  }
  return { field: first.path.map(String).join('.'), message: first.message };
}

function depthOf(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly code: string }[],
) {
  const [first] = issues;
  // A wrong type of the whole value means another alternative.
  if (!first || (first.code === 'invalid_type' && first.path.length === 0)) return -1;
  return first.path.length;
}

/** Zod's issues, from the form in which Fastify passes them. */
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
