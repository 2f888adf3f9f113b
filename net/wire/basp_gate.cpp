#include "net/wire/basp_gate.hpp"

#include <algorithm>

namespace troupe::net {

namespace {

constexpr std::size_t header_bytes = 32;

/// Of a message: no stages, one element, its type; of an error also its code and context.
constexpr std::size_t look_ahead_bytes = 24;

constexpr std::uint64_t answer_flag = 0x8000'0000'0000'0000;
constexpr std::uint64_t question_bits = 0x0FFF'FFFF'FFFF'FFFF; // without flags and urgency

enum operation : std::uint8_t {
  server_handshake = 0,
  client_handshake = 1,
  direct_message = 2,
  routed_message = 3,
  monitor_message = 4,
  down_message = 5,
  heartbeat = 6
};

std::uint64_t number_at(std::string_view x, std::size_t at, std::size_t bytes) {
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    result = result << 8 | static_cast<unsigned char>(x[at + i]);
  return result;
}

struct basp_header {
  explicit basp_header(std::string_view x)
    : operation(static_cast<std::uint8_t>(x[0])), flags(static_cast<std::uint8_t>(x[3])),
      payload_bytes(static_cast<std::uint32_t>(number_at(x, 4, 4))), data(number_at(x, 8, 8)),
      source(number_at(x, 16, 8)), destination(number_at(x, 24, 8)) {}

  std::uint8_t operation;
  std::uint8_t flags;
  std::uint32_t payload_bytes;
  std::uint64_t data;
  std::uint64_t source;
  std::uint64_t destination;
};

/// An error as CAF writes it: present, code, category, and a context, of which only short lists of
/// texts are let in: a context may be made of any types, and a long one makes CAF allocate first.
bool is_plain_error(std::string_view x, const basp_rules& rules) {
  constexpr std::size_t before_context = 4;
  constexpr std::size_t max_texts = 6;
  if (x.empty())
    return false;
  if (x[0] == 0)
    return true;
  if (x.size() <= before_context)
    return false;
  const auto count = static_cast<unsigned char>(x[before_context]);
  if (count > max_texts || x.size() < before_context + 1 + 2 * std::size_t{count})
    return false;
  for (std::size_t i = 0; i < count; ++i)
    if (number_at(x, before_context + 1 + 2 * i, 2) != rules.text_type)
      return false;
  return true;
}

} // namespace

void basp_questions::asked(std::uint64_t actor, std::uint64_t id) {
  const question x{actor, id & question_bits};
  if (!open_.insert(x).second)
    return;
  in_order_.push_back(x);
  while (in_order_.size() > max_open) { // answered ones are still in the order
    open_.erase(in_order_.front());
    in_order_.pop_front();
  }
}

bool basp_questions::answered(std::uint64_t actor, std::uint64_t id) {
  return open_.erase({actor, id & question_bits}) > 0;
}

std::string_view basp_gate::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (step_ == step::passing || step_ == step::dropping) {
      const auto count = std::min<std::uint64_t>(rest_, bytes.size());
      if (step_ == step::passing)
        out.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      rest_ -= count;
      if (rest_ == 0)
        step_ = step::header;
      continue;
    }
    const auto count = std::min(wanted_ - frame_.size(), bytes.size());
    frame_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (frame_.size() < wanted_)
      break;
    std::string_view problem;
    if (step_ == step::header)
      problem = on_header();
    if (problem.empty() && frame_.size() == wanted_ && step_ == step::whole_payload)
      problem = on_whole_payload(out);
    else if (problem.empty() && frame_.size() == wanted_ && step_ == step::start_of_payload)
      problem = on_start_of_payload(out);
    if (!problem.empty())
      return problem;
  }
  return {};
}

std::string_view basp_gate::on_header() {
  const basp_header x{frame_};
  const bool is_handshake = x.operation == server_handshake || x.operation == client_handshake;
  const bool is_expected =
    x.operation == (side_ == basp_side::acceptor ? client_handshake : server_handshake);
  if (node_.empty() != is_handshake || (is_handshake && !is_expected))
    return node_.empty() ? "it does not begin with a handshake" : "it begins twice";
  auto limit = rules_->max_payload_bytes;
  step_ = step::whole_payload;
  switch (x.operation) {
  case server_handshake:
  case client_handshake: limit = rules_->max_handshake_bytes; break;
  case monitor_message:
  case down_message: limit = rules_->max_down_bytes; break;
  case heartbeat: limit = 0; break;
  case direct_message:
  case routed_message: step_ = step::start_of_payload; break;
  default: return "it speaks another protocol";
  }
  if (x.payload_bytes > limit)
    return "it announces more than is allowed";
  if (x.payload_bytes == 0 && x.operation != heartbeat)
    return "it sends an empty frame";
  wanted_ = header_bytes + (step_ == step::whole_payload
                              ? x.payload_bytes
                              : std::min<std::size_t>(x.payload_bytes, look_ahead_bytes));
  return {};
}

std::string_view basp_gate::on_whole_payload(std::string& out) {
  const basp_header x{frame_};
  if (x.operation == server_handshake || x.operation == client_handshake) {
    if (const auto problem = on_handshake(); !problem.empty())
      return problem;
    out.append(frame_);
  } else if (is_allowed_control()) {
    monitors_ += x.operation == monitor_message;
    if (monitors_ > rules_->max_actors)
      return "it watches too many actors";
    out.append(frame_);
  } else {
    ++dropped_;
  }
  frame_.clear();
  wanted_ = header_bytes;
  step_ = step::header;
  return {};
}

std::string_view basp_gate::on_handshake() {
  const auto payload = std::string_view{frame_}.substr(header_bytes);
  if (payload.size() < basp_node_bytes || payload.front() != 1 ||
      (side_ == basp_side::acceptor && payload.size() != basp_node_bytes))
    return "its handshake has no node id";
  node_ = payload.substr(0, basp_node_bytes);
  if (node_ == own_node_)
    return "it has this node's own id";
  return {};
}

bool basp_gate::is_allowed_control() const {
  const basp_header x{frame_};
  if (x.operation == heartbeat)
    return true;
  const auto payload = std::string_view{frame_}.substr(header_bytes);
  if (payload.size() < 2 * basp_node_bytes || own_node_.empty() ||
      payload.substr(0, basp_node_bytes) != node_ ||
      payload.substr(basp_node_bytes, basp_node_bytes) != own_node_)
    return false;
  return x.operation == monitor_message ||
         is_plain_error(payload.substr(2 * basp_node_bytes), *rules_);
}

std::string_view basp_gate::on_start_of_payload(std::string& out) {
  const basp_header x{frame_};
  rest_ = header_bytes + x.payload_bytes - frame_.size();
  if (is_allowed_message()) {
    out.append(frame_);
    step_ = step::passing;
    ++passed_.messages;
    passed_.actors.insert(x.destination);
    sources_.insert(x.source);
  } else {
    dropped_ += x.flags == 0; // each CAF asks the other's spawn server once: no news
    step_ = step::dropping;
  }
  frame_.clear();
  wanted_ = header_bytes;
  if (rest_ == 0)
    step_ = step::header;
  return sources_.size() > rules_->max_actors ? "it speaks for too many actors"
                                              : std::string_view{};
}

bool basp_gate::is_allowed_message() {
  const basp_header x{frame_};
  const auto payload = std::string_view{frame_}.substr(header_bytes);
  // Flags name CAF's own servers; routed messages speak for, or to, a third node.
  if (x.operation != direct_message || x.flags != 0 || x.destination == 0 || payload.size() < 2 ||
      payload[0] != 0)
    return false;
  const bool is_answer = (x.data & answer_flag) != 0;
  if (is_answer && !questions_->answered(x.destination, x.data))
    return false;
  if (payload[1] == 0)
    return is_answer;
  if (payload[1] != 1 || payload.size() < 4)
    return false;
  const auto type = static_cast<std::uint16_t>(number_at(payload, 2, 2));
  if (type == rules_->error_type)
    return is_answer && is_plain_error(payload.substr(4), *rules_);
  return std::ranges::binary_search(rules_->types, type);
}

void basp_outlet::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (rest_ > 0) {
      const auto count = std::min<std::uint64_t>(rest_, bytes.size());
      const auto piece = bytes.substr(0, count);
      if (!is_dropping_)
        out.append(piece);
      if (own_node_.empty()) {
        handshake_.append(piece.substr(0, basp_node_bytes - handshake_.size()));
        if (handshake_.size() == basp_node_bytes)
          own_node_ = handshake_;
      }
      bytes.remove_prefix(count);
      rest_ -= count;
      continue;
    }
    const auto count = std::min(header_bytes - header_.size(), bytes.size());
    header_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (header_.size() < header_bytes)
      break;
    const basp_header x{header_};
    rest_ = x.payload_bytes;
    is_dropping_ = x.payload_bytes > rules_->max_payload_bytes;
    dropped_ += is_dropping_;
    if (!is_dropping_)
      out.append(header_);
    if (x.operation == direct_message && (x.data & question_bits) != 0 &&
        (x.data & answer_flag) == 0)
      questions_->asked(x.source, x.data);
    header_.clear();
  }
}

} // namespace troupe::net
