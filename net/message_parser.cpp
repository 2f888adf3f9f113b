#include "net/message_parser.hpp"

#include "net/limits.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <cstring>
#include <utility>

namespace troupe::net {

namespace http = boost::beast::http;

using boost::beast::error_code;
using boost::beast::string_view;

// Not in an anonymous namespace because the header names it.
class message_parser::implementation {
public:
  virtual ~implementation() = default;
  virtual std::size_t put(std::span<char> input, error_code& error) = 0;
  virtual void put_end(error_code& error) = 0;
  virtual void read_body_too() = 0;
  virtual bool head_is_done() const = 0;
  virtual bool is_done() const = 0;
  virtual bool keeps_alive() const = 0;
  virtual std::optional<std::uint64_t> content_length() const = 0;
  virtual bool is_interim() const = 0;

  kind what = kind::request;
  message_head head;
  char* body_begin = nullptr;
  char* body_end = nullptr;
};

namespace {

net_errc to_net_errc(const error_code& error) {
  if (error == http::error::header_limit)
    return net_errc::too_large;
  if (error == http::error::partial_message || error == http::error::end_of_stream)
    return net_errc::closed_early;
  return net_errc::bad_response;
}

} // namespace

// Beast's parser drives us through virtual functions. It keeps no bytes, so the body can be
// collected by closing the gaps between chunks in the caller's buffer: no copy for the first chunk
// of a read, a short move for the others.
template <bool IsRequest>
class message_parser::typed final : public message_parser::implementation,
                                    private http::basic_parser<IsRequest> {
public:
  using base = http::basic_parser<IsRequest>;

  typed() {
    base::header_limit(static_cast<std::uint32_t>(max_head_bytes));
    base::body_limit(boost::none); // the callers' business
    head.headers.reserve(16);
  }

  void without_body() { base::skip(true); }
  std::size_t put(std::span<char> input, error_code& error) override {
    return base::put(boost::asio::const_buffer{input.data(), input.size()}, error);
  }
  void put_end(error_code& error) override {
    if (base::got_some())
      base::put_eof(error);
    else
      error = http::error::end_of_stream;
  }
  void read_body_too() override { base::eager(true); }
  bool head_is_done() const override { return base::is_header_done(); }
  bool is_done() const override { return base::is_done(); }
  bool keeps_alive() const override { return base::keep_alive(); }
  std::optional<std::uint64_t> content_length() const override {
    const auto length = base::content_length();
    return length ? std::optional{*length} : std::nullopt;
  }
  bool is_interim() const override {
    return head.status >= 100 && head.status < 200 && head.status != 101;
  }

private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head.method = method;
    head.target = target;
    head.version = version;
  }
  void on_response_impl(int status, string_view, int version, error_code&) override {
    head.status = status;
    head.version = version;
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code& error) override {
    // Beast's limit is for bytes it has not consumed, so a head that trickles in has none.
    field_bytes_ += name.size() + value.size();
    if (field_bytes_ > max_head_bytes)
      error = http::error::header_limit;
    else if (!base::is_header_done()) // else a trailer
      head.headers.add(name, value);
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view piece, error_code&) override { return collect(piece); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override {
    return collect(piece);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t collect(string_view piece) {
    const auto from = const_cast<char*>(piece.data()); // points into the span given to `put`
    if (body_begin == nullptr)
      body_begin = body_end = from;
    if (body_end != from)
      std::memmove(body_end, from, piece.size());
    body_end += piece.size();
    return piece.size();
  }

  std::size_t field_bytes_ = 0;
};

message_parser::message_parser(kind x) {
  if (x == kind::request) {
    implementation_ = std::make_unique<typed<true>>();
  } else {
    auto response = std::make_unique<typed<false>>();
    if (x == kind::response_without_body)
      response->without_body();
    implementation_ = std::move(response);
  }
  implementation_->what = x;
}

message_parser::~message_parser() = default;
message_parser::message_parser(message_parser&&) noexcept = default;
message_parser& message_parser::operator=(message_parser&&) noexcept = default;

message_parser::progress message_parser::parse_head(std::span<char> input) {
  progress result;
  while (result.used < input.size() && !head_is_done()) {
    error_code error;
    result.used += implementation_->put(input.subspan(result.used), error);
    if (error == http::error::need_more)
      break;
    if (error) {
      result.error = to_net_errc(error);
      break;
    }
    if (head_is_done() && implementation_->is_interim())
      *this = message_parser{implementation_->what};
  }
  return result;
}

message_parser::progress message_parser::parse_body(std::span<char> input) {
  progress result;
  implementation_->read_body_too();
  implementation_->body_begin = implementation_->body_end = nullptr;
  while (result.used < input.size() && !is_done()) {
    error_code error;
    const auto used = implementation_->put(input.subspan(result.used), error);
    result.used += used;
    if (error && error != http::error::need_more)
      result.error = to_net_errc(error);
    if (error || used == 0)
      break;
  }
  if (implementation_->body_begin != nullptr)
    result.body = {implementation_->body_begin, implementation_->body_end};
  return result;
}

net_errc message_parser::end_of_input() {
  error_code error;
  implementation_->put_end(error);
  return error ? to_net_errc(error) : net_errc::none;
}

bool message_parser::head_is_done() const {
  return implementation_->head_is_done();
}
bool message_parser::is_done() const {
  return implementation_->is_done();
}
bool message_parser::keeps_alive() const {
  return implementation_->keeps_alive();
}
std::optional<std::uint64_t> message_parser::content_length() const {
  return implementation_->content_length();
}
message_head& message_parser::head() {
  return implementation_->head;
}

} // namespace troupe::net
