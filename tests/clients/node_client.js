// Copyright (c) 2026, the dbferry.oracle contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// node-oracledb in thin mode: connects, works, and prints one JSON object of what it saw. Arguments: module, dsn, user; password in NODE_PASSWORD.
'use strict';
const [module_, connectString, user] = process.argv.slice(2);
const oracledb = require(module_);
const login = { user, password: process.env.NODE_PASSWORD, connectString };

async function code(promise) {
  try { await promise; return null; } catch (error) { return error.code || `ORA-${error.errorNum}`; }
}

async function types(connection) {
  const result = await connection.execute(
    `SELECT 42 n, 1.5 f, 'Ω' s, CAST('ab' AS CHAR(4)) c, HEXTORAW('00FF') r, DATE '2024-02-29' d,
            TIMESTAMP '2024-02-29 12:00:00.250' t, CAST(0.5 AS BINARY_DOUBLE) b, NULL x FROM dual`);
  const row = result.rows[0].map(value => Buffer.isBuffer(value) ? value.toString('hex') : value);
  return { row, names: result.metaData.map(column => `${column.name} ${column.dbTypeName}`) };
}

async function lobs(connection) {
  await connection.execute('CREATE TABLE node_lobs (id NUMBER PRIMARY KEY, story CLOB, data BLOB)');
  try {
    const story = 'ж'.repeat(40000), data = Buffer.alloc(70000, 7);
    await connection.execute('INSERT INTO node_lobs VALUES (:1, :2, :3)', [1, story, data]);
    const locators = (await connection.execute('SELECT story, data FROM node_lobs')).rows[0];
    const read = await Promise.all(locators.map(lob => lob.getData()));
    const options = { fetchInfo: { STORY: { type: oracledb.STRING }, DATA: { type: oracledb.BUFFER } } };
    const fetched = (await connection.execute('SELECT story, data FROM node_lobs WHERE id = 1', [], options)).rows[0];
    return [read[0] === story, read[1].equals(data), fetched[0] === story, fetched[1].equals(data)];
  } finally {
    await connection.execute('DROP TABLE node_lobs PURGE');
  }
}

async function changes(connection) {
  await connection.execute('CREATE TABLE node_rows (id NUMBER PRIMARY KEY, name VARCHAR2(20))');
  try {
    const many = await connection.executeMany('INSERT INTO node_rows VALUES (:1, :2)', [[1, 'a'], [2, 'b'], [3, 'c']]);
    const returned = await connection.execute('UPDATE node_rows SET name = UPPER(name) WHERE id < :id RETURNING name INTO :name',
      { id: 3, name: { dir: oracledb.BIND_OUT, type: oracledb.STRING } });
    const batch = await connection.executeMany('INSERT INTO node_rows VALUES (:1, :2)', [[1, 'x'], [4, 'd']], { batchErrors: true });
    await connection.rollback();
    const left = await connection.execute('SELECT COUNT(*) FROM node_rows');
    return { inserted: many.rowsAffected, returned: returned.outBinds.name, failed: batch.batchErrors.map(error => [error.offset, error.message.slice(0, 9)]),
      left: left.rows[0][0] };
  } finally {
    await connection.execute('DROP TABLE node_rows PURGE');
  }
}

async function blocks(connection) {
  const result = await connection.execute('BEGIN :twice := :n * 2; OPEN :rows FOR SELECT LEVEL FROM dual CONNECT BY LEVEL <= 3; END;',
    { n: 21, twice: { dir: oracledb.BIND_OUT, type: oracledb.NUMBER }, rows: { dir: oracledb.BIND_OUT, type: oracledb.CURSOR } });
  const rows = await result.outBinds.rows.getRows(10);
  await result.outBinds.rows.close();
  return { twice: result.outBinds.twice, rows };
}

async function pool() {
  const found = await oracledb.createPool({ ...login, poolMin: 1, poolMax: 3 });
  const connections = await Promise.all([found.getConnection(), found.getConnection(), found.getConnection()]);
  const sids = await Promise.all(connections.map(async one => (await one.execute("SELECT SYS_CONTEXT('USERENV', 'SID') FROM dual")).rows[0][0]));
  await Promise.all(connections.map(one => one.close()));
  await found.close(5);
  return new Set(sids).size;
}

async function main() {
  const connection = await oracledb.getConnection(login);
  const seen = { thin: connection.thin, version: connection.oracleServerVersionString, types: await types(connection), lobs: await lobs(connection),
    changes: await changes(connection), blocks: await blocks(connection) };
  const stream = await connection.execute('SELECT LEVEL FROM dual CONNECT BY LEVEL <= 1000');
  seen.rows = stream.rows.length;
  seen.errors = [await code(connection.execute('SELECT * FROM nothing')), await code(connection.execute('SELECT 1/0 FROM dual')),
    await code(oracledb.getConnection({ ...login, password: 'wrong' }))];
  await connection.close();
  seen.pool = await pool();
  console.log(JSON.stringify(seen));
}

main().catch(error => { console.error(error); process.exit(1); });
