#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What nodes say to each other, looked at between TLS and CAF. CAF 0.18.7 allocates what a frame
/// announces, takes messages for any actor whose number is guessed, exit messages among them, lets
/// a peer speak for third nodes, and answers its configuration server to everybody: none of that
/// gets here.
///
/// A frame: 32 bytes of header (operation, two bytes unused, flags, length of the payload,
/// operation data, source and destination actor; big endian), then the payload.
namespace troupe::net {

/// Length of a node id as CAF writes it: 1, a process number, a hash.
inline constexpr std::size_t basp_node_bytes = 25;

/// Where in it the node's mark is (`config::node_mark`): the hash begins with it, and the rest is
/// of one start of the node.
inline constexpr std::size_t basp_mark_at = 5;

/// Which handshake is expected: who accepted the link hears the client's, who dialled the server's.
enum class basp_side : std::uint8_t { acceptor, dialler };

struct basp_rules {
  /// Prompts of 8 MiB, images in a turn; CAF sets the memory of a frame aside when it is announced.
  std::uint32_t max_payload_bytes = 16 * 1024 * 1024;
  std::uint32_t max_handshake_bytes = 16 * 1024;
  std::uint32_t max_down_bytes = 16 * 1024;

  /// Actors that a peer may speak for over one link, and times that it may ask to be told of the
  /// end of an actor: CAF remembers each. A node has a handful.
  std::size_t max_actors = 16 * 1024;

  /// Type ids of what a peer may say, sorted. Messages are of one element.
  std::vector<std::uint16_t> types;
  std::uint16_t text_type = 0;  ///< of texts, which errors may carry
  std::uint16_t error_type = 0; ///< of errors; allowed as answers only
};

/// Questions that went out over a link and have no answer yet: a peer may answer what it was asked,
/// once, and nothing else. Bounded: the oldest are given up.
class basp_questions {
public:
  static constexpr std::size_t max_open = 16 * 1024;

  void asked(std::uint64_t actor, std::uint64_t id);

  /// Whether it was asked.
  bool answered(std::uint64_t actor, std::uint64_t id);

private:
  using question = std::pair<std::uint64_t, std::uint64_t>; // asking actor, id

  std::set<question> open_;
  std::deque<question> in_order_;
};

/// A peer's bytes, before CAF gets them. Not thread-safe; keeps at most one handshake.
class basp_gate {
public:
  /// All three must live as long.
  basp_gate(basp_side side, const basp_rules& rules, basp_questions& questions)
    : side_(side), rules_(&rules), questions_(&questions) {}

  /// Appends to `out` what of `bytes` may go on. Returns why the link must end, empty: it may stay.
  /// Frames that are well-formed and not allowed are passed over and counted.
  std::string_view feed(std::string_view bytes, std::string& out);

  /// The peer's node id; empty before its handshake.
  const std::string& node() const { return node_; }

  /// The own node id, once it is known: frames for other nodes are not passed on.
  void set_own_node(std::string_view x) { own_node_ = x; }

  std::uint64_t dropped() const { return dropped_; }

  /// Messages that were let through since `take_passed`, and the actors they are for.
  struct passed {
    std::size_t messages = 0;
    std::set<std::uint64_t> actors;
  };
  const passed& passed_on() const { return passed_; }
  passed take_passed() { return std::exchange(passed_, {}); }

private:
  enum class step : std::uint8_t { header, whole_payload, start_of_payload, passing, dropping };

  std::string_view on_header();
  std::string_view on_whole_payload(std::string& out);
  std::string_view on_start_of_payload(std::string& out);
  std::string_view on_handshake();
  bool is_allowed_control() const;
  bool is_allowed_message();

  basp_side side_;
  const basp_rules* rules_;
  basp_questions* questions_;
  step step_ = step::header;
  std::string frame_;         // header and what is kept of the payload
  std::size_t wanted_ = 32;   // bytes of `frame_` that the step needs
  std::uint64_t rest_ = 0;    // of the payload, passed on or dropped as it comes
  std::uint64_t dropped_ = 0; // frames
  passed passed_;
  std::set<std::uint64_t> sources_;
  std::size_t monitors_ = 0;
  std::string node_;
  std::string own_node_;
};

/// This node's bytes, before the peer gets them: learns the own node id, and leaves out frames that
/// the peer would end the link for.
class basp_outlet {
public:
  basp_outlet(const basp_rules& rules, basp_questions& questions)
    : rules_(&rules), questions_(&questions) {}

  void feed(std::string_view bytes, std::string& out);

  /// Empty before the handshake.
  const std::string& own_node() const { return own_node_; }
  std::uint64_t dropped() const { return dropped_; }

private:
  const basp_rules* rules_;
  basp_questions* questions_;
  std::string header_; // not complete yet
  std::string handshake_;
  std::string own_node_;
  std::uint64_t rest_ = 0;
  std::uint64_t dropped_ = 0;
  bool is_dropping_ = false;
};

} // namespace troupe::net
