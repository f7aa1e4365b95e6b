// node.js FILE: Node as TLS front of a plain server, set up by the JSON in FILE.
// SIGHUP: read the certificate again.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');

const setup = JSON.parse(fs.readFileSync(process.argv[2]));
const agent = new http.Agent({keepAlive: true});

function options() {
    const pem = fs.readFileSync(setup.pem);
    return {cert: pem, key: pem, ...setup.options};
}

// What holds for one connection alone is not passed on (RFC 9110, 7.6.1).
function pass(request, response) {
    const {connection, ...headers} = request.headers;
    const behind = http.request({agent, headers, host: '127.0.0.1',
        port: setup.upstream, method: request.method, path: request.url});
    behind.on('response', (answer) => {
        const {connection, 'keep-alive': time, ...rest} = answer.headers;
        response.writeHead(answer.statusCode, rest);
        answer.pipe(response);
    });
    behind.on('error', () => response.writeHead(502).end());
    request.pipe(behind);
}

const server = https.createServer(options(), pass);
server.maxRequestsPerSocket = setup.requests;
process.on('SIGHUP', () => server.setSecureContext(options()));
process.on('SIGTERM', () => process.exit(0));
server.listen({fd: setup.fd});
