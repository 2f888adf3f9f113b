#include "apps/sim/pattern.hpp"
#include "apps/sim/pattern_parser.hpp"
#include "apps/sim/utf8.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

using step_kind = pattern_step::kind;

/// Writes the steps of a tree. Repetitions copy their body, so the length is checked all the time.
class emitter {
public:
  explicit emitter(pattern_program& out) : out_(out) {}

  // False: the pattern is too large.
  bool run(const pattern_node& root) {
    save(0);
    emit(root);
    save(1);
    put({step_kind::found, 0, 0, 0});
    return !overflow_;
  }

private:
  std::uint32_t here() const { return static_cast<std::uint32_t>(out_.steps.size()); }

  std::uint32_t put(pattern_step step) {
    if (out_.steps.size() >= pattern::max_steps)
      overflow_ = true;
    else
      out_.steps.push_back(step);
    return here() - 1;
  }

  void save(std::uint32_t slot) { put({step_kind::save, slot, 0, 0}); }

  void emit(const pattern_node& x) {
    // Empty groups emit nothing; the visits bound their repetitions.
    if (++visits_ > 4 * pattern::max_steps)
      overflow_ = true;
    if (overflow_)
      return;
    switch (x.what) {
    case pattern_node::kind::empty: return;
    case pattern_node::kind::step: put(x.step); return;
    case pattern_node::kind::set: put({step_kind::set, x.number, 0, 0}); return;
    case pattern_node::kind::sequence:
      for (const auto& child : x.children)
        emit(child);
      return;
    case pattern_node::kind::choice: emit_choice(x); return;
    case pattern_node::kind::repeat: emit_repeat(x); return;
    case pattern_node::kind::group: emit_group(x); return;
    }
  }

  void emit_group(const pattern_node& x) {
    if (x.number != 0)
      save(2 * x.number);
    emit(x.children.front());
    if (x.number != 0)
      save(2 * x.number + 1);
  }

  void emit_choice(const pattern_node& x) {
    std::vector<std::uint32_t> exits;
    for (std::size_t i = 0; i < x.children.size(); ++i) {
      if (i + 1 == x.children.size()) {
        emit(x.children[i]);
        break;
      }
      const auto fork = put({step_kind::fork, 0, here() + 1, 0});
      emit(x.children[i]);
      exits.push_back(put({step_kind::jump, 0, 0, 0}));
      out_.steps[fork].second = here();
    }
    for (const auto exit : exits)
      out_.steps[exit].first = here();
  }

  void emit_repeat(const pattern_node& x) {
    const auto& body = x.children.front();
    for (std::uint32_t i = 0; i < x.least && !overflow_; ++i)
      emit(body);
    if (x.most == pattern_node::unlimited) {
      const auto fork = put({step_kind::fork, 0, 0, 0});
      emit(body);
      put({step_kind::jump, 0, fork, 0});
      aim(fork, x.greedy);
      return;
    }
    std::vector<std::uint32_t> forks;
    for (auto i = x.least; i < x.most && !overflow_; ++i) {
      forks.push_back(put({step_kind::fork, 0, 0, 0}));
      emit(body);
    }
    for (const auto fork : forks)
      aim(fork, x.greedy);
  }

  // A fork either enters the body behind it or leaves to here.
  void aim(std::uint32_t fork, bool greedy) {
    auto& step = out_.steps[fork];
    step.first = greedy ? fork + 1 : here();
    step.second = greedy ? here() : fork + 1;
  }

  pattern_program& out_;
  std::size_t visits_ = 0;
  bool overflow_ = false;
};

void find_shortcuts(pattern_program& program) {
  std::size_t i = 0;
  while (program.steps[i].what == step_kind::save)
    ++i;
  program.starts_at_front = program.steps[i].what == step_kind::text_begin;
  if (program.ignores_case)
    return;
  for (; i < program.steps.size(); ++i) {
    const auto& step = program.steps[i];
    if (step.what == step_kind::code_point && step.value < first_bad_byte)
      append_utf8(program.prefix, step.value);
    else if (step.what != step_kind::save)
      return;
  }
}

} // namespace

bool pattern_set::contains(char32_t x) const {
  const bool found = std::ranges::any_of(
    ranges, [x](const auto& range) { return range.first <= x && x <= range.second; });
  return found != negated;
}

std::variant<pattern_program, pattern_error> compile_pattern(std::string_view text) {
  if (text.size() > pattern::max_pattern_bytes)
    return pattern_error{pattern::max_pattern_bytes, "longer than 2000 bytes"};
  pattern_program program;
  auto tree = parse_pattern(text, program);
  if (auto* error = std::get_if<pattern_error>(&tree))
    return std::move(*error);
  if (!emitter{program}.run(std::get<pattern_node>(tree)))
    return pattern_error{text.size(), "too large once its repetitions are written out"};
  find_shortcuts(program);
  return program;
}

} // namespace troupe::sim
