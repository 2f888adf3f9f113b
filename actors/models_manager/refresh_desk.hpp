#pragma once

#include "messages/models.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// When the list of models is read, fetched and renewed, and who waits for it (contract
/// models-manager.md 8). One piece of work at a time, shared by all who need it. Pure: the caller
/// brings time and results and carries out what is ordered.
namespace troupe::models_manager {

// What is to be done; each is answered by the function of `refresh_desk` that is named here.

/// Read the cache: `on_loaded`.
struct load_list {
  bool operator==(const load_list&) const = default;
};
/// Ask the provider and write the cache: `on_fetched` or `on_fetch_failed`.
struct fetch_list {
  bool operator==(const fetch_list&) const = default;
};
/// Make the cache count as fetched now: `on_done`.
struct renew_list {
  std::string etag;
  bool operator==(const renew_list&) const = default;
};
/// Remove the cache: `on_done`.
struct drop_list {
  bool operator==(const drop_list&) const = default;
};

using refresh_order = std::variant<load_list, fetch_list, renew_list, drop_list>;

/// Names a question, chosen by the caller.
using ticket = std::uint64_t;

class refresh_desk {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;

  /// A cache is renewed for notices of its ETag once in this time: a tenth of its life.
  static constexpr std::chrono::seconds renewal_pause{30};
  /// After a fetch for a notice that did not bring the noticed ETag (the provider's `/models` has
  /// none, or another one), the same notice is ignored for so long.
  static constexpr std::chrono::seconds same_notice_pause{300};
  /// After a fetch that failed, notices are ignored: for the first of these, and twice as long each
  /// time, up to the second.
  static constexpr std::chrono::seconds first_failure_pause{5};
  static constexpr std::chrono::seconds longest_failure_pause{300};

  /// Somebody waits for a refresh.
  void ask(ticket from, refresh_strategy x);
  /// A response said which list the provider has now.
  void on_notice(const std::string& etag, time_point now);
  /// A refresh that nobody waits for: as if its strategy were `online_if_uncached`.
  void refresh_unasked();

  /// The list that is known has this ETag, without a refresh: read by the caller.
  void assume(std::optional<std::string> etag) { etag_ = std::move(etag); }

  /// Another provider's or another login's list counts: what is under way is void, its results are
  /// not to be passed on, and who waits waits for what comes instead, the new one's cache first.
  enum class old_cache : std::uint8_t { keep, drop };
  void start_again(old_cache x);

  /// The cache had a list that is used now (`hit`), or had none.
  void on_loaded(bool hit, std::optional<std::string> etag);
  void on_fetched(std::optional<std::string> etag, time_point now);
  void on_fetch_failed(std::string problem, time_point now);
  void on_done();
  /// A step took too long: its result will not come, or is not wanted any more.
  void give_up(std::string problem, time_point now);

  /// No refresh is wanted now: everybody who waits is settled with what is known.
  void settle_all();

  /// Who is settled since the last call.
  std::vector<ticket> take_settled();
  /// What to begin now, if anything.
  std::optional<refresh_order> take_order();

  /// The list is being brought up to date.
  bool is_busy() const { return work_ == work::loading || work_ == work::fetching; }
  bool is_idle() const { return work_ == work::none; }
  std::size_t waiting() const { return waiting_.size(); }
  /// Of the list that is known.
  const std::optional<std::string>& etag() const { return etag_; }
  /// Why the last fetch failed; empty: it did not.
  const std::string& problem() const { return problem_; }

private:
  enum class work : std::uint8_t { none, loading, fetching, renewing, dropping };

  struct waiting_question {
    ticket whose = 0;
    refresh_strategy strategy = refresh_strategy::offline;
    bool is_uncached = false; ///< the cache has been asked in vain
  };

  static bool wants_cache(const waiting_question& x) {
    return x.strategy != refresh_strategy::online && !x.is_uncached;
  }
  template <class Pick>
  void settle_if(Pick pick);
  void begin(work x, refresh_order order);
  void begin_next();

  work work_ = work::none;
  std::optional<refresh_order> order_;
  std::vector<waiting_question> waiting_;
  std::vector<ticket> settled_;
  std::optional<std::string> etag_;
  std::string problem_;

  bool drop_wanted_ = false;
  bool reload_wanted_ = false; ///< whoever waits: the cache is read first
  bool background_load_ = false;
  bool background_fetch_ = false;
  std::optional<std::string> renewal_wanted_;

  std::optional<time_point> renewed_at_;
  std::optional<std::string> noticed_; ///< the last ETag that was fetched for
  time_point noticed_until_{};         ///< until then the same notice is ignored
  time_point no_notice_before_{};
  std::chrono::seconds failure_pause_{0};
};

} // namespace troupe::models_manager
