import { expect, test } from "@jest/globals";
import { unsafeCommitSetting } from "../../src/store/commitSettings.js";
import { placeOf } from "../../src/store/database.js";

test.each([
  ["postgres://me:secret@db.example:6000/shop?sslmode=require", "db.example:6000/shop"],
  ["postgresql://db.example/shop", "db.example:5432/shop"],
  ["postgres://me:p@ss@db.example/shop", "db.example:5432/shop"],
  ["postgres:///shop", "localhost:5432/shop"],
  ["postgres://[::1]/shop", "[::1]:5432/shop"],
])("shows %s without user and password", (url, place) => {
  expect(placeOf(url)).toBe(place);
});

test.each([
  ["on", "on", undefined],
  ["on", "remote_apply", undefined],
  ["off", "on", "fsync=off: set fsync=on"],
  ["on", "off", "synchronous_commit=off: set synchronous_commit=on"],
  ["on", "local", "synchronous_commit=local: set synchronous_commit=on"],
  ["on", "remote_write", "synchronous_commit=remote_write: set synchronous_commit=on"],
])("with fsync %s and synchronous_commit %s finds what is unsafe: %s", (fsync, synchronousCommit, unsafe) => {
  expect(unsafeCommitSetting({ fsync, synchronousCommit })).toBe(unsafe);
});
