#include "tests/bench/model_info_load.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace troupe::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr int askers = 4;
/// Open questions of each: a node's threads begin their turns in bursts.
constexpr int asked_at_once = 64;
constexpr int questions = 100'000; // of each

/// Asks until it has all its answers, then says so.
class asker {
public:
  asker(caf::event_based_actor* self, models_manager_actor models, get_model_info question,
        caf::actor reports_to)
    : self_(self), models_(std::move(models)), question_(std::move(question)),
      reports_to_(std::move(reports_to)) {}

  void ask() {
    ++asked_;
    self_->request(models_, caf::infinite, question_)
      .then([this](const model_facts& x) { on_answer(x.info->slug == question_.slug); },
            [this](const caf::error&) { on_answer(false); });
  }

private:
  void on_answer(bool is_right) {
    failed_ += is_right ? 0 : 1;
    if (++answered_ == questions)
      return self_->send(reports_to_, failed_);
    if (asked_ < questions)
      ask();
  }

  caf::event_based_actor* self_;
  models_manager_actor models_;
  get_model_info question_;
  caf::actor reports_to_;
  int asked_ = 0;
  int answered_ = 0;
  int failed_ = 0;
};

caf::behavior asking(caf::stateful_actor<std::shared_ptr<asker>>* self, models_manager_actor models,
                     get_model_info question, caf::actor reports_to) {
  self->state =
    std::make_shared<asker>(self, std::move(models), std::move(question), std::move(reports_to));
  return {[self](caf::ok_atom) {
    for (int i = 0; i < asked_at_once; ++i)
      self->state->ask();
  }};
}

} // namespace

double model_infos_per_second(caf::actor_system& sys, const models_manager_actor& models,
                              const std::string& model) {
  caf::scoped_actor self{sys};
  const auto begin = clock::now();
  for (int i = 0; i < askers; ++i)
    self->send(sys.spawn(asking, models, get_model_info{model, {}}, caf::actor{self.ptr()}),
               caf::ok_atom_v);
  int failed = 0;
  for (int i = 0; i < askers; ++i)
    self->receive([&](int x) { failed += x; });
  if (failed > 0)
    throw std::runtime_error("questions about a model were not answered");
  const auto seconds = std::chrono::duration<double>(clock::now() - begin).count();
  return askers * questions / seconds;
}

} // namespace troupe::bench
