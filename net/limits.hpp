#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every size and time limit of the network side. Defaults: callers may pass others where an
/// options struct has a field of the same name.
namespace troupe::net {

// ---- HTTP messages, either direction ----------------------------------------------------------

/// Start line and headers. Servers in the field allow 8 to 32 KiB for requests; responses of
/// providers carry up to 30 headers of a few hundred bytes, and a turn state may be some KiB.
inline constexpr std::size_t max_head_bytes = 64 * 1024;

/// First size of a connection's read buffer. A plain streamed answer of 24 events fits, and 10,000
/// open streams cost 80 MB.
inline constexpr std::size_t min_read_buffer_bytes = 8 * 1024;

/// What a read buffer grows to while reads fill it: beyond this a read costs more in copying than
/// it saves in system calls. Must exceed `max_head_bytes`.
inline constexpr std::size_t max_read_buffer_bytes = 128 * 1024;

// ---- HTTP client --------------------------------------------------------------------------------

/// Kept of the body of a response that is not 2xx. Error texts are JSON of a few hundred bytes;
/// HTML pages of proxies reach some ten KiB.
inline constexpr std::size_t max_error_body_bytes = 64 * 1024;

/// Connection establishment, per address of the host and again for the TLS handshake: three lost
/// SYNs (1 s, 2 s, 4 s) still succeed.
inline constexpr std::chrono::seconds connect_limit{10};

/// From the start of sending to the complete response head. Streaming providers answer within
/// seconds. A local model server that loads weights first needs more: pass a larger limit there.
inline constexpr std::chrono::seconds response_head_limit{60};

/// Without progress while the body is read (contract responses-client, section 14: 300,000 ms).
inline constexpr std::chrono::seconds stream_idle_limit{300};

/// What peers have begun and not finished, of all connections of an `io_pool` together: WebSocket
/// messages in pieces and events of a stream. Four of the largest messages, or 26 KB for each of
/// 10,000 streams.
inline constexpr std::size_t max_unfinished_bytes = 256 * 1024 * 1024;

/// A whole response, framing not counted: a stream of 128,000 tokens is some 40 MB, and nothing
/// regular is larger than this.
inline constexpr std::uint64_t max_response_bytes = 256 * 1024 * 1024;

/// A further address of a host is tried when the one before has not answered within this (RFC 8305,
/// section 5: the recommended value).
inline constexpr std::chrono::milliseconds next_address_delay{250};

/// Redirects followed for one exchange (contract responses-client, section 3.1).
inline constexpr int max_redirects = 10;

/// Exchanges that wait for a turn at one origin, when the number in flight is limited, and how
/// long: two average model responses.
inline constexpr std::chrono::seconds queue_limit{120};
inline constexpr std::size_t max_waiting_per_origin = 16 * 1024;

/// Idle connections are closed after this; common servers and load balancers close after 60 to 350
/// s.
inline constexpr std::chrono::seconds pooled_connection_limit{90};

/// Idle connections per origin and I/O thread; enough for a fleet of 400 threads to reuse all of
/// its own.
inline constexpr std::size_t max_pooled_per_origin = 512;

/// A stream the caller has finished with is read on for its end, so that its connection can be
/// reused: usually the last chunk and a few bytes are missing. Beyond either bound a new connection
/// is cheaper.
inline constexpr std::size_t max_drain_bytes = 64 * 1024;
inline constexpr std::chrono::seconds drain_limit{1};

/// Looked-up addresses are reused this long: a fleet that starts at once must not ask 400 times,
/// and a provider that moves its service is followed within seconds.
inline constexpr std::chrono::seconds resolved_address_limit{10};
inline constexpr std::size_t max_resolved_names = 256;

// ---- WebSocket ----------------------------------------------------------------------------------

/// Of a received frame and of a received message (contract responses-client, section 10.2).
inline constexpr std::size_t max_ws_frame_bytes = 16 * 1024 * 1024;
inline constexpr std::size_t max_ws_message_bytes = 64 * 1024 * 1024;

/// Messages are put into frames piece by piece: as much memory as this per socket that sends.
inline constexpr std::size_t ws_block_bytes = 64 * 1024;

/// Shorter messages are sent uncompressed: they would hardly shrink.
inline constexpr std::size_t min_deflated_bytes = 512;

// ---- HTTP server --------------------------------------------------------------------------------

/// A request body: a history of a million tokens with images is below 32 MiB.
inline constexpr std::size_t max_request_body_bytes = 64 * 1024 * 1024;

/// From the first byte of a request to its last: a sender slower than that only holds a connection.
inline constexpr std::chrono::seconds request_read_limit{60};

/// Within this at least some bytes of a body must come: whoever has sent a head is there to send
/// the rest.
inline constexpr std::chrono::seconds body_idle_limit{15};

/// Memory a body gets before any of it is there; from then on as much again as has arrived.
inline constexpr std::size_t first_body_bytes = 16 * 1024;

/// Request bodies that have begun and not ended, of all connections of a server together: four of
/// the largest. Beyond it a request is answered 503.
inline constexpr std::size_t max_unfinished_body_bytes = 256 * 1024 * 1024;

/// From the first byte of a request, on a new connection from its start, to the end of its head:
/// heads come in one packet, and whoever sends them byte by byte only holds a connection.
inline constexpr std::chrono::seconds head_read_limit{10};

/// Connections of a server, on one thread, on which nothing is being answered: idle ones, slow
/// heads and slow bodies. More, and the one that has waited longest is closed, so that a new one is
/// never locked out. Far above what clients keep idle (`max_pooled_per_origin`).
inline constexpr std::size_t max_waiting_connections = 4096;

/// Closed at once when there is no descriptor left for a new connection.
inline constexpr std::size_t connections_closed_for_room = 128;

/// A connection without a request. Longer than clients keep theirs, so that the client closes
/// first.
inline constexpr std::chrono::seconds server_idle_limit{300};

/// A WebSocket whose client has sent nothing for so long is asked by a ping, and closed after as
/// long again. Longer than clients wait for an answer: a ping would restart their idle timers
/// (contract responses-client, section 10.6). Clients that read only while they wait for a response
/// answer late, so a tool may run for so long between two requests.
inline constexpr std::chrono::seconds server_silence_limit{360};

/// Response bytes or WebSocket messages queued for one slow reader before the connection is cut.
inline constexpr std::size_t max_unsent_bytes = 64 * 1024 * 1024;

/// Pending connections of a listening socket; the kernel cuts it to net.core.somaxconn (4096).
inline constexpr int listen_backlog = 4096;

// ---- processes ----------------------------------------------------------------------------------

/// Output is read and reported in blocks of this size (contract tools, section 3.3).
inline constexpr std::size_t process_block_bytes = 8192;

/// After the exit of a child its output may be held open by a surviving grandchild. Once nothing
/// has come for so long it counts as complete, as nobody waits for a server that was left behind.
inline constexpr std::chrono::milliseconds output_silence_limit{100};

/// While such a grandchild goes on writing it is read on for so long (contract tools, section 3.3:
/// two seconds for each of the two streams).
inline constexpr std::chrono::seconds output_close_limit{4};

/// From a request for a child to its exec. A program on a slow disk takes seconds.
inline constexpr std::chrono::seconds spawn_limit{30};

/// The guardian's answer to a request for a child: it gives the reason before.
inline constexpr std::chrono::seconds spawn_answer_limit{40};

/// A request that the guardian cannot take at this moment is made again after this.
inline constexpr std::chrono::milliseconds spawn_retry_delay{2};

/// What has to end with the program is waited for so long. Longer lives only what hangs in the
/// kernel.
inline constexpr std::chrono::seconds guardian_end_limit{5};

/// Bytes waiting to be written to a child's standard input.
inline constexpr std::size_t max_unwritten_stdin_bytes = 16 * 1024 * 1024;

// ---- shutdown -----------------------------------------------------------------------------------

/// Operations are cancelled at once on shutdown; what has not completed after this is abandoned (a
/// name look-up in progress cannot be interrupted).
inline constexpr std::chrono::seconds shutdown_limit{5};

} // namespace troupe::net
