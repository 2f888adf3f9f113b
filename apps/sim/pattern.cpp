#include "apps/sim/pattern.hpp"
#include "apps/sim/utf8.hpp"

namespace troupe::sim {

namespace {

using step_kind = pattern_step::kind;

constexpr std::size_t unset = static_cast<std::size_t>(-1);

constexpr char32_t to_lower(char32_t x) {
  return x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x;
}

constexpr char32_t to_upper(char32_t x) {
  return x >= 'a' && x <= 'z' ? x - ('a' - 'A') : x;
}

constexpr bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// The threads alive at one position, by priority, each with its slots; at most one per step.
class thread_list {
public:
  thread_list(std::size_t steps, std::size_t slots) : slots_(slots), marks_(steps, 0) {}

  void clear() {
    ++generation_;
    order_.clear();
    positions_.clear();
  }

  // False: the step has a thread of higher priority already.
  bool mark(std::uint32_t step) {
    if (marks_[step] == generation_)
      return false;
    marks_[step] = generation_;
    return true;
  }

  void add(std::uint32_t step, const std::vector<std::size_t>& slots) {
    order_.push_back(step);
    positions_.insert(positions_.end(), slots.begin(), slots.end());
  }

  bool empty() const { return order_.empty(); }
  std::size_t size() const { return order_.size(); }
  std::uint32_t step(std::size_t i) const { return order_[i]; }

  void copy_slots(std::size_t i, std::vector<std::size_t>& out) const {
    const auto begin = positions_.begin() + static_cast<std::ptrdiff_t>(i * slots_);
    out.assign(begin, begin + static_cast<std::ptrdiff_t>(slots_));
  }

private:
  std::size_t slots_;
  std::vector<std::uint64_t> marks_;
  std::uint64_t generation_ = 1;
  std::vector<std::uint32_t> order_;
  std::vector<std::size_t> positions_;
};

/// All alternatives run side by side, one code point at a time (Pike's construction).
class machine {
public:
  machine(const pattern_program& program, std::string_view text)
    : program_(program), text_(text), now_(program.steps.size(), slots()),
      next_(program.steps.size(), slots()), slots_now_(slots(), unset) {}

  std::optional<std::vector<std::string_view>> run() {
    for (std::size_t at = 0;;) {
      if (now_.empty()) {
        if (!best_.empty())
          break;
        at = start_from(at);
        if (at == std::string_view::npos)
          break;
      }
      if (best_.empty() && (at == 0 || !program_.starts_at_front)) {
        slots_now_.assign(slots(), unset);
        enter(now_, 0, at);
      }
      if (at >= text_.size()) {
        accept_finished();
        break;
      }
      const auto x = decode_utf8(text_, at);
      advance(x.value, at + x.bytes);
      at += x.bytes;
    }
    return result();
  }

private:
  std::size_t slots() const { return 2 * (program_.groups + 1); }

  // The next place where a match can begin; npos when there is none.
  std::size_t start_from(std::size_t at) const {
    if (program_.starts_at_front)
      return at == 0 ? 0 : std::string_view::npos;
    return program_.prefix.empty() ? at : text_.find(program_.prefix, at);
  }

  bool is_word_edge(std::size_t at) const {
    const bool before = at > 0 && is_word_byte(text_[at - 1]);
    const bool after = at < text_.size() && is_word_byte(text_[at]);
    return before != after;
  }

  bool holds(step_kind what, std::size_t at) const {
    switch (what) {
    case step_kind::text_begin: return at == 0;
    case step_kind::text_end: return at == text_.size();
    case step_kind::line_begin: return at == 0 || text_[at - 1] == '\n';
    case step_kind::line_end: return at == text_.size() || text_[at] == '\n';
    case step_kind::word_edge: return is_word_edge(at);
    default: return !is_word_edge(at);
    }
  }

  bool consumes(const pattern_step& step, char32_t x) const {
    switch (step.what) {
    case step_kind::any: return x != '\n';
    case step_kind::any_at_all: return true;
    case step_kind::code_point:
      return step.value == x || (program_.ignores_case && to_lower(step.value) == to_lower(x));
    case step_kind::set: {
      const auto& set = program_.sets[step.value];
      if (!program_.ignores_case)
        return set.contains(x);
      // A negated set excludes both cases, so it must hold for both.
      return set.negated ? set.contains(to_lower(x)) && set.contains(to_upper(x))
                         : set.contains(to_lower(x)) || set.contains(to_upper(x));
    }
    default: return false;
    }
  }

  struct pending {
    std::uint32_t step = 0;
    std::size_t slot = unset; // set: not a step but a slot to put back to `old`
    std::size_t old = unset;
  };

  // Follows everything that consumes nothing, in order of priority, with `slots_now_` as the slots.
  void enter(thread_list& list, std::uint32_t first, std::size_t at) {
    stack_.push_back({first, unset, unset});
    while (!stack_.empty()) {
      const auto todo = stack_.back();
      stack_.pop_back();
      if (todo.slot != unset)
        slots_now_[todo.slot] = todo.old;
      else if (list.mark(todo.step))
        enter_step(list, todo.step, at);
    }
  }

  void enter_step(thread_list& list, std::uint32_t number, std::size_t at) {
    const auto& step = program_.steps[number];
    switch (step.what) {
    case step_kind::fork:
      stack_.push_back({step.second, unset, unset});
      stack_.push_back({step.first, unset, unset});
      return;
    case step_kind::jump: stack_.push_back({step.first, unset, unset}); return;
    case step_kind::save:
      stack_.push_back({0, step.value, slots_now_[step.value]});
      slots_now_[step.value] = at;
      stack_.push_back({number + 1, unset, unset});
      return;
    case step_kind::text_begin:
    case step_kind::text_end:
    case step_kind::line_begin:
    case step_kind::line_end:
    case step_kind::word_edge:
    case step_kind::no_word_edge:
      if (holds(step.what, at))
        stack_.push_back({number + 1, unset, unset});
      return;
    case step_kind::code_point:
    case step_kind::any:
    case step_kind::any_at_all:
    case step_kind::set:
    case step_kind::found: list.add(number, slots_now_); return;
    }
  }

  void advance(char32_t x, std::size_t after) {
    next_.clear();
    for (std::size_t i = 0; i < now_.size(); ++i) {
      const auto number = now_.step(i);
      const auto& step = program_.steps[number];
      if (step.what == step_kind::found) {
        now_.copy_slots(i, best_);
        break; // threads behind it have lower priority
      }
      if (consumes(step, x)) {
        now_.copy_slots(i, slots_now_);
        enter(next_, number + 1, after);
      }
    }
    std::swap(now_, next_);
  }

  void accept_finished() {
    for (std::size_t i = 0; i < now_.size(); ++i) {
      if (program_.steps[now_.step(i)].what == step_kind::found) {
        now_.copy_slots(i, best_);
        return;
      }
    }
  }

  std::optional<std::vector<std::string_view>> result() const {
    if (best_.empty())
      return std::nullopt;
    std::vector<std::string_view> groups;
    for (std::size_t i = 0; i < best_.size(); i += 2) {
      const bool is_set = best_[i] != unset && best_[i + 1] != unset;
      groups.push_back(is_set ? text_.substr(best_[i], best_[i + 1] - best_[i])
                              : text_.substr(0, 0));
    }
    return groups;
  }

  const pattern_program& program_;
  std::string_view text_;
  thread_list now_;
  thread_list next_;
  std::vector<std::size_t> slots_now_;
  std::vector<std::size_t> best_;
  std::vector<pending> stack_;
};

} // namespace

std::variant<pattern, pattern_error> pattern::compile(std::string_view text) {
  auto program = compile_pattern(text);
  if (auto* error = std::get_if<pattern_error>(&program))
    return std::move(*error);
  return pattern{std::move(std::get<pattern_program>(program))};
}

std::optional<std::vector<std::string_view>> pattern::search(std::string_view subject) const {
  return machine{program_, subject}.run();
}

} // namespace troupe::sim
