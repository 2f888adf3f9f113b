#define CAF_SUITE submissions
#include <caf/test/bdd_dsl.hpp>

#include "messages/interfaces.hpp"
#include "scripted_turn.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <map>
#include <random>
#include <set>

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

namespace {

user_turn turn_that_says(std::string text) {
  return {.settings = {}, .input = says(std::move(text))};
}

/// A session that is driven at random, beside a simple account of what it has promised.
class random_thread {
public:
  explicit random_thread(unsigned seed) : random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i)
      step();
    if (pick(2) == 0)
      submit({}, shutdown_thread{}, {});
    for (int i = 0; i < 2000 && !is_quiet(); ++i)
      go_on();
    CHECK(is_quiet());
  }

  /// Every input that was accepted stands in the rollout once, under the turn of its receipt.
  void check_promises() const {
    for (const auto& [text, turn] : accepted_) {
      CHECK_EQ(written_.count(text), 1u);
      const auto told = told_.find(text);
      CHECK_EQ(told == told_.end() ? "nobody was told of " + text : told->second, turn);
    }
    CHECK_EQ(written_.size(), accepted_.size());
  }

private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  void step() {
    switch (pick(9)) {
    case 0:
    case 1: return submit_input({});
    case 2: return submit_input("caller " + std::to_string(pick(400)));
    case 3: return submit_input(std::to_string(pick(60)));
    case 4: return submit({}, override_turn_context{.effort = reasoning_effort::low}, {});
    case 5: return pick(4) == 0 ? submit({}, interrupt_turn{}, {}) : go_on();
    case 6: return pick(4) == 0 ? submit({}, compact_thread{}, {}) : go_on();
    default: return go_on();
    }
  }

  void submit_input(const std::string& id) {
    const auto text = "input " + std::to_string(++inputs_);
    if (pick(2) == 0)
      submit(id, says(text), text);
    else
      submit(id, turn_that_says(text), text);
  }

  void submit(const std::string& id, op x, const std::string& text) {
    const auto receipt = s_.uut.submit({.id = id, .op = std::move(x)}, s_.out);
    const auto known = first_receipts_.find(id);
    if (known != first_receipts_.end()) {
      CHECK(s_.out.lines.empty() && s_.out.events.empty());
      CHECK_EQ(receipt, (std::variant<submitted, errc>{submitted{known->second}}));
      return;
    }
    if (const auto* code = std::get_if<errc>(&receipt)) {
      CHECK(s_.out.lines.empty() && s_.out.events.empty());
      CHECK_EQ(*code == errc::invalid_request, given_.count(id) > 0 && !is_stopping_);
      return;
    }
    CHECK_EQ(given_.count(id), 0u);
    auto own = id;
    if (id.empty())
      own = next_own_id();
    else
      first_receipts_.emplace(id, std::get<submitted>(receipt).id);
    const auto& turn = std::get<submitted>(receipt).id;
    if (turn != own) // it joined a turn: one that was promised to somebody before
      CHECK(turns_.count(turn) > 0);
    turns_.insert(own);
    if (!text.empty())
      accepted_.emplace(text, turn);
    is_stopping_ = is_stopping_ || s_.uut.summary().state == thread_state::stopping;
    look();
  }

  /// Refused submissions use up no numbers, and numbers of callers are left out.
  std::string next_own_id() {
    while (first_receipts_.count(std::to_string(next_)) > 0)
      ++next_;
    const auto id = std::to_string(next_++);
    given_.insert(id);
    return id;
  }

  /// Something that the session waits for happens.
  void go_on() {
    if (asks_model_ && pick(2) == 0) {
      asks_model_ = false;
      s_.uut.on_model_facts(some_model(), s_.out);
    } else if (describe_ && pick(2) == 0) {
      workspace_described answer{std::exchange(describe_, std::nullopt)->turn, {}};
      s_.uut.on_workspace(answer, s_.out);
    } else if (goal_ != flush_goal::none && pick(2) == 0) {
      s_.uut.on_flushed(std::exchange(goal_, flush_goal::none), {}, s_.out);
    } else if (!tools_.empty() && pick(2) == 0) {
      const auto [stream, call] = tools_.back();
      tools_.pop_back();
      s_.uut.on_tool_result(
        stream, {.call_id = call, .output = "done", .success = true, .notes = {}}, s_.out);
    } else if (s_.uut.stream() != 0) {
      stream_goes_on();
    }
    look();
  }

  void stream_goes_on() {
    switch (pick(4)) {
    case 0: return s_.model_says("done");
    case 1:
      return s_.model({output_item_done{function_call("exec_command", new_item_id())},
                       output_item_done{function_call("apply_patch", new_item_id())},
                       response_completed{"r", usage(1, 1)}});
    case 2: return s_.stream_fails(failure(model_errc::stream));
    default: return s_.stream_fails(failure(model_errc::invalid_request));
    }
  }

  /// Carries out what the session wants, like its actor.
  void look() {
    const auto out = std::exchange(s_.out, {});
    for (const auto& line : out.lines)
      if (line.kind == line_kind::item)
        if (const auto text = input_text(item_of(line.payload_json.view())); !text.empty())
          CHECK(written_.insert(text).second);
    for (const auto& raw : out.events)
      if (const auto* x = std::get_if<raw_response_item>(&raw.msg))
        if (const auto text = input_text(x->item); !text.empty())
          told_[text] = raw.turn;
    asks_model_ = asks_model_ || out.fetch_model.has_value();
    if (out.describe)
      describe_ = out.describe;
    for (const auto& call : out.tools)
      tools_.emplace_back(s_.uut.calls_stream(), call.call_id);
    if (out.flush != flush_goal::none)
      goal_ = out.flush;
  }

  static std::string input_text(const response_item& item) {
    if (item.kind != item_kind::message || item.role != "user")
      return {};
    auto text = message_text(item, "input_text");
    return text.starts_with("input ") ? text : std::string{};
  }

  bool is_quiet() const {
    return !s_.uut.summary().turn.size() && !asks_model_ && goal_ == flush_goal::none;
  }

  std::minstd_rand random_;
  scripted_session s_;
  bool asks_model_ = false;
  std::optional<workspace_question> describe_;
  flush_goal goal_ = flush_goal::none;
  std::vector<std::pair<stream_number, std::string>> tools_;

  int inputs_ = 0;
  unsigned next_ = 0;
  bool is_stopping_ = false;
  std::set<std::string> given_;
  std::set<std::string> turns_;
  std::map<std::string, std::string> first_receipts_; ///< of callers' ids
  std::map<std::string, std::string> accepted_;       ///< text to turn
  std::set<std::string> written_;
  std::map<std::string, std::string> told_; ///< text to the turn of its event
};

} // namespace

SCENARIO("whatever comes in whatever order, what was accepted is recorded under its receipt") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    random_thread uut{seed};
    uut.run(120);
    uut.check_promises();
  }
}

SCENARIO("a caller's id that the thread has given itself is refused") {
  GIVEN("a turn whose id is a number of the thread") {
    scripted_session s;
    CHECK_EQ(std::get<submitted>(s.submit(says("first"))).id, "0");
    WHEN("a caller comes with that id") {
      const auto receipt = s.uut.submit({.id = "0", .op = says("second")}, s.out);
      THEN("it hears so, instead of a receipt for nothing") {
        CHECK(std::get<errc>(receipt) == errc::invalid_request);
      }
    }
  }
}

SCENARIO("an op that could not be read is refused, and uses up no number") {
  struct unreadable {
    [[noreturn]] operator user_input() const { throw 1; }
  };
  submission x;
  try {
    x.op.emplace<user_input>(unreadable{});
  } catch (int) {
    CHECK(x.op.valueless_by_exception());
  }
  scripted_session s;
  CHECK(std::get<errc>(s.uut.submit(std::move(x), s.out)) == errc::invalid_request);
  CHECK_EQ(std::get<submitted>(s.submit(says("first"))).id, "0");
}

SCENARIO("a user turn that the running turn has no room for is refused") {
  GIVEN("a running turn with all the input it holds") {
    scripted_session s;
    s.submit(says("go"));
    for (std::size_t i = 0; i < turn_machine::max_pending_inputs; ++i)
      CHECK(std::holds_alternative<submitted>(s.submit(says("more"))));
    s.take();
    WHEN("a user turn comes") {
      auto turn = turn_that_says("too much");
      turn.settings.cwd = "/elsewhere";
      const auto receipt = s.submit(turn);
      THEN("it is refused as a whole, and its id not used up") {
        CHECK(std::get<errc>(receipt) == errc::queue_full);
        s.submit(interrupt_turn{});
        s.flushed();
        s.take();
        CHECK_EQ(std::get<submitted>(s.submit(says("next"))).id, "66");
        CHECK_EQ(s.uut.summary().cwd, "/work");
      }
    }
  }
}

SCENARIO("a repetition of input that joined a turn gets the receipt of that turn") {
  GIVEN("a running turn that input has joined") {
    scripted_session s;
    s.submit(says("go"));
    const auto first = s.uut.submit({.id = "mine", .op = says("more")}, s.out);
    CHECK_EQ(std::get<submitted>(first).id, "0");
    WHEN("it comes again, also when the turn is over and the thread stops") {
      const auto second = s.uut.submit({.id = "mine", .op = says("more")}, s.out);
      s.submit(shutdown_thread{});
      const auto third = s.uut.submit({.id = "mine", .op = says("more")}, s.out);
      THEN("the receipt is the same") {
        CHECK_EQ(first, second);
        CHECK_EQ(first, third);
      }
    }
  }
}

SCENARIO("input that joined a turn which is interrupted stands before the marker") {
  GIVEN("a turn with input that no request has carried yet") {
    scripted_session s;
    s.submit(says("go"));
    s.submit(says("more"));
    s.take();
    WHEN("the turn is interrupted") {
      s.submit(interrupt_turn{});
      auto out = s.take();
      THEN("the model will read it") {
        CHECK_EQ(line_names(out),
                 (std::vector<std::string>{"item:message", "item:message", "event:turn_aborted"}));
        CHECK(out.lines[0].payload_json.view().find("more") != std::string_view::npos);
        CHECK(out.lines[1].payload_json.view().find("<turn_aborted>") != std::string_view::npos);
      }
    }
  }
}

SCENARIO("a turn whose model nobody can describe takes the input that joined it along") {
  GIVEN("a turn with an unknown model, and input behind it") {
    scripted_session s;
    auto turn = turn_that_says("go");
    turn.settings.model = "other-model";
    const auto first = s.submit(turn);
    const auto second = s.submit(says("more"));
    CHECK_EQ(first, second);
    s.take();
    WHEN("the models manager fails") {
      s.uut.on_model_failed("restarted", s.out);
      auto out = s.take();
      THEN("one turn fails, and no other begins") {
        CHECK_EQ(events_of<task_complete>(out).size(), 1u);
        CHECK(!out.fetch_model);
        CHECK(s.uut.summary().waits_for == wait_kind::nothing);
      }
    }
  }
}

SCENARIO("a submission of another version's op is not read as one of ours") {
  caf::byte_buffer bytes;
  caf::binary_serializer to{nullptr, bytes};
  REQUIRE(to.apply(submission{"id", interrupt_turn{}}));
  caf::binary_deserializer good{nullptr, bytes};
  submission x;
  CHECK(good.apply(x));
  CHECK_EQ(x, (submission{"id", interrupt_turn{}}));
  bytes.back() = caf::byte{99}; // which op it is; that one has no members behind it
  caf::binary_deserializer bad{nullptr, bytes};
  CHECK(!bad.apply(x));
}
