#include <openssl/err.h>
#include <openssl/ssl.h>

// OpenSSL keeps a queue of errors per thread, and `SSL_get_error` after a call that would block
// looks at it first: it must be empty before each call. CAF 0.18.7 never empties it, and all its
// TLS connections share one thread. So the end of one connection cuts the next one that is read,
// its end the next, and a mesh of three nodes never comes to rest (tests/cluster, "a full mesh of
// nodes settles"); any stranger that fails its handshake can start it. The linker sends CAF's calls
// here (CafTls.cmake). Asio empties the queue itself; doing it twice costs some nanoseconds.

extern "C" {

int __real_SSL_accept(SSL* ssl);
int __real_SSL_connect(SSL* ssl);
int __real_SSL_read(SSL* ssl, void* buffer, int size);
int __real_SSL_write(SSL* ssl, const void* buffer, int size);

int __wrap_SSL_accept(SSL* ssl) {
  ERR_clear_error();
  return __real_SSL_accept(ssl);
}

int __wrap_SSL_connect(SSL* ssl) {
  ERR_clear_error();
  return __real_SSL_connect(ssl);
}

int __wrap_SSL_read(SSL* ssl, void* buffer, int size) {
  ERR_clear_error();
  return __real_SSL_read(ssl, buffer, size);
}

int __wrap_SSL_write(SSL* ssl, const void* buffer, int size) {
  ERR_clear_error();
  return __real_SSL_write(ssl, buffer, size);
}

} // extern "C"
