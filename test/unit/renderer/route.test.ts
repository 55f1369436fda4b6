import { describe, expect, it } from 'vitest';
import { buildHash, parseHash, type Route } from '../../../renderer/state/route.ts';

describe('routes in the URL hash', () => {
  it.each<Route>([
    { page: 'home' },
    { page: 'host' },
    { page: 'matrix' },
    { page: 'templates', template: null },
    { page: 'templates', template: 'abc123abc123' },
    { page: 'images', machine: null },
    { page: 'images', machine: 'abc123abc123' },
    { page: 'machine', id: 'abc123abc123', tab: 'overview' },
    { page: 'machine', id: 'abc123abc123', tab: 'console' },
  ])('gives back %o', (route) => {
    expect(parseHash(buildHash(route))).toEqual(route);
  });

  it.each(['', '#', '#/nowhere', '#/machine', '#/machine/', '#/machine/%3Cb%3E'])('reads %j as the home page', (hash) => {
    expect(parseHash(hash)).toEqual({ page: 'home' });
  });

  it('reads the images of what is no machine as all images', () => {
    expect(parseHash('#/images/%3Cb%3E')).toEqual({ page: 'images', machine: null });
  });

  it('reads an unknown tab as the overview', () => {
    expect(parseHash('#/machine/abc/nothing')).toEqual({ page: 'machine', id: 'abc', tab: 'overview' });
  });
});
