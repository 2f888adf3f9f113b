#pragma once

#include "actors/node_root/node.hpp"
#include "apps/common/override_options.hpp"
#include "apps/common/settings.hpp"
#include "messages/models.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace troupe::models {

/// A node that is started for a few questions about models, and stopped when they are answered.
/// Blocks; for the main thread.
class models_desk {
public:
  /// Longer than the 5 s of a refresh and the renewal of a login before it.
  static constexpr std::chrono::seconds answer_limit{60};

  /// With the settings of the current directory and the overrides of each level of the command
  /// line; `provider` stands above the configured one.
  static std::variant<std::unique_ptr<models_desk>, common::settings_problem>
  open(std::span<const common::override_options> levels, std::optional<std::string> provider);

  ~models_desk() { node_.stop(); }
  models_desk(const models_desk&) = delete;
  models_desk& operator=(const models_desk&) = delete;

  /// The model that the settings name.
  const std::optional<std::string>& configured_model() const { return node_settings().model; }

  /// Asks as a session of these settings would.
  get_model_info question_about(const std::string& slug) const;

  /// The answer, or why there is none, for people.
  template <class Answer, class Question>
  std::variant<Answer, std::string> ask(Question x) {
    std::variant<Answer, std::string> result;
    caf::scoped_actor self{node_.system()};
    self->request(node_.threads(), answer_limit, std::move(x))
      .receive([&result](Answer& answer) { result = std::move(answer); },
               [&result](const caf::error& err) { result = common_text(err); });
    return result;
  }

private:
  explicit models_desk(common::loaded_settings from);

  static std::string common_text(const caf::error& x);
  const config::config& node_settings() const { return node_.options().settings; }

  node_root::node node_;
};

} // namespace troupe::models
