// The second half of a server's session: what responders do.
#include "net/http_session.hpp"

#include "net/limits.hpp"
#include "net/ws_handshake.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace troupe::net {

using boost::system::error_code;

namespace {

constexpr std::string_view reason_of(int status) {
  switch (status) {
  case 101: return "Switching Protocols";
  case 200: return "OK";
  case 201: return "Created";
  case 202: return "Accepted";
  case 204: return "No Content";
  case 304: return "Not Modified";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 413: return "Content Too Large";
  case 426: return "Upgrade Required";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 502: return "Bad Gateway";
  case 503: return "Service Unavailable";
  case 504: return "Gateway Timeout";
  default: return "Status";
  }
}

void append_number(std::string& text, std::size_t number, int base) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  text.append(digits.data(), end);
}

bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

} // namespace

bool http_session::is_answering(std::uint64_t request) const {
  return step_ == step::answering && request == request_number_ && !closes_when_sent_;
}

void http_session::answer(int status, const header_list& headers, std::string_view body) {
  if (framing_ != framing::none)
    return;
  begin_response(status, headers, framing::length);
  auto& text = out_.tail();
  if (!has_no_body(status)) {
    text += "Content-Length: ";
    append_number(text, body.size(), 10);
    text += "\r\n";
  }
  text += "\r\n";
  if (!is_head_request_ && !has_no_body(status))
    text += body;
  end_response();
}

void http_session::start_stream(int status, const header_list& headers) {
  if (framing_ != framing::none)
    return;
  begin_response(status, headers, is_old_version_ ? framing::until_close : framing::chunked);
  if (framing_ == framing::chunked)
    out_.tail() += "Transfer-Encoding: chunked\r\n";
  out_.tail() += "\r\n";
  flush();
  watch_client();
}

void http_session::begin_response(int status, const header_list& headers, framing body) {
  framing_ = body;
  keeps_alive_ = keeps_alive_ && body != framing::until_close;
  auto& text = out_.tail();
  text += "HTTP/1.1 ";
  append_number(text, static_cast<std::size_t>(std::clamp(status, 100, 999)), 10);
  text.append(" ").append(reason_of(status)).append("\r\n");
  for (const auto& x : headers)
    text.append(x.name).append(": ").append(x.value).append("\r\n");
  if (!keeps_alive_)
    text += "Connection: close\r\n";
  else if (is_old_version_)
    text += "Connection: keep-alive\r\n";
}

void http_session::write(std::string_view piece, send_queue::notice on_sent) {
  if (framing_ != framing::chunked && framing_ != framing::until_close) {
    if (on_sent)
      on_sent(net_errc::bad_request);
    return;
  }
  if (!piece.empty() && !is_head_request_) { // an empty chunk would be the last one
    auto& text = out_.tail();
    if (framing_ == framing::chunked) {
      append_number(text, piece.size(), 16);
      text.append("\r\n").append(piece).append("\r\n");
    } else {
      text += piece;
    }
  }
  if (on_sent)
    out_.notify_when_sent(std::move(on_sent));
  flush();
  if (out_.unsent_bytes() > core_->options.max_unsent_bytes)
    cut(responder::cut_mode::reset);
}

void http_session::finish() {
  if (framing_ != framing::chunked && framing_ != framing::until_close)
    return;
  if (framing_ == framing::chunked && !is_head_request_)
    out_.tail() += "0\r\n\r\n";
  end_response();
}

void http_session::end_response() {
  on_disconnect_ = nullptr;
  if (!keeps_alive_) {
    closes_when_sent_ = true;
    flush();
    return;
  }
  parser_ = message_parser{message_parser::kind::request};
  has_begun_ = !input_.empty();
  enter(step::reading_head);
  flush();
  if (!in_handler_)
    advance();
}

void http_session::cut(responder::cut_mode mode) {
  on_disconnect_ = nullptr;
  if (mode == responder::cut_mode::reset) {
    link_.reset();
    close();
    return;
  }
  closes_when_sent_ = true;
  flush();
}

void http_session::hang() {
  hangs_ = true;
  watch_client();
}

// A request that turns out not to become a WebSocket: from now on a leaving client is noticed.
void http_session::watch_client() {
  may_upgrade_ = false;
  read();
}

void http_session::accept_websocket(std::shared_ptr<ws_link> socket, const header_list& headers) {
  if (framing_ != framing::none)
    return socket->refuse({.error = net_errc::closed_early, .detail = "answered already"});
  if (!may_upgrade_) {
    header_list wanted;
    wanted.add("Upgrade", "websocket");
    wanted.add("Sec-WebSocket-Version", "13");
    answer(426, wanted, "This address speaks WebSocket only.");
    return socket->refuse({.error = net_errc::bad_request, .detail = "no WebSocket was asked for"});
  }
  const auto handshake = ws_server_handshake::answer_to(upgrade_headers_, headers);
  socket_ = std::move(socket);
  compression_ = handshake.compression;
  on_disconnect_ = nullptr;
  keeps_alive_ = true; // else the answer would announce the end of the connection
  begin_response(101, handshake.headers, framing::upgrade);
  out_.tail() += "\r\n";
  enter(step::upgrading);
  flush();
}

// The answer has been sent: the connection is the socket's, and this object only keeps it.
void http_session::hand_over() {
  if (is_reading_) { // begun while an earlier request was being answered; comes back here
    error_code ignored;
    link_.socket().cancel(ignored);
    return;
  }
  step_ = step::upgraded;
  timer_.cancel();
  const auto self = shared_from_this();
  socket_->open({.owner = self,
                 .link = &link_,
                 .input = &input_,
                 .compression = compression_,
                 .max_unsent_bytes = core_->options.max_unsent_bytes,
                 .silence = core_->options.silence_limit,
                 .on_closed =
                   [self] {
                     self->socket_.reset();
                     self->close();
                   }},
                {});
}

void http_session::on_disconnect(std::function<void()> run) {
  on_disconnect_ = std::move(run);
}

void http_session::on_responder_dropped() {
  if (hangs_)
    return;
  if (framing_ == framing::none)
    answer(500, {}, "The request was not answered.");
  else
    cut(responder::cut_mode::close);
}

// ---- sending
// --------------------------------------------------------------------------------------

void http_session::flush() {
  unsent_bytes_->store(out_.unsent_bytes(), std::memory_order_relaxed);
  if (is_writing_ || in_handler_ || step_ == step::closed)
    return;
  if (out_.has_waiting()) {
    send_waiting();
  } else if (const auto due = out_.end_send(); !due.empty()) { // of writes without bytes
    tell(due, net_errc::none);
    flush();
  } else if (step_ == step::upgrading) {
    hand_over();
  } else if (closes_when_sent_ && step_ != step::lingering) {
    linger();
  }
}

void http_session::send_waiting() {
  is_writing_ = true;
  const auto text = out_.begin_send();
  sending_ = asio::const_buffer{text.data(), text.size()};
  link_.async_write(buffer_view{&sending_, 1},
                    [self = shared_from_this()](const error_code& error) {
                      self->is_writing_ = false;
                      if (self->step_ != step::closed)
                        self->on_written(error);
                    });
}

void http_session::on_written(const error_code& error) {
  if (error)
    return on_client_gone();
  tell(out_.end_send(), net_errc::none);
  flush();
  if (step_ == step::reading_head) // one of those told has ended the response
    advance();
}

// Those who are told write the next pieces: these travel together, too.
void http_session::tell(const std::vector<send_queue::notice>& notices, net_errc result) {
  const bool was_in_handler = std::exchange(in_handler_, true);
  for (const auto& run : notices)
    run(result);
  in_handler_ = was_in_handler;
}

} // namespace troupe::net
