#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/sec.hpp>
#include <caf/timespan.hpp>

#include <utility>

namespace troupe::testing {

/// The answer of `to`, with the fixture of a deterministic scheduler: `run` lets the actors work.
template <class Result, class Fixture, class Actor, class Message>
caf::expected<Result> ask_for(Fixture& fixture, const Actor& to, Message msg) {
  caf::expected<Result> result{caf::sec::none};
  auto pending = fixture.self->request(to, caf::infinite, std::move(msg));
  fixture.run();
  pending.receive([&](Result& x) { result = std::move(x); },
                  [&](caf::error& x) { result = std::move(x); });
  return result;
}

/// The same for requests without a value in their answer: the error, if any.
template <class Fixture, class Actor, class Message>
caf::error order_from(Fixture& fixture, const Actor& to, Message msg) {
  caf::error result;
  auto pending = fixture.self->request(to, caf::infinite, std::move(msg));
  fixture.run();
  pending.receive([] {}, [&](caf::error& x) { result = std::move(x); });
  return result;
}

} // namespace troupe::testing
