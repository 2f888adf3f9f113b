#pragma once

#include "config/config.hpp"
#include "config/features.hpp"
#include "messages/model_info.hpp"
#include "messages/thread_info.hpp"

#include <string>
#include <vector>

/// From the configuration of a front door to the settings of a thread, and back to what its tools
/// depend on. Pure, unless said otherwise.
namespace troupe::node_root {

/// `user_instructions` are read by the caller (config/project_docs.hpp): this function touches no
/// file.
thread_config make_thread_config(const config::config& from, const session_source& source,
                                 std::string originator, std::string user_instructions);

/// Which folders the writable roots of such a thread are at this moment, so that nobody can put
/// others in their place before its tools run. Asks the disk; TMPDIR is that of this process.
void note_roots(thread_config& x);

/// What a thread knows of the provider with that id.
thread_provider make_thread_provider(const std::string& id, const config::provider& from);

/// Names of the features that are on; what a `thread_config` carries.
std::vector<std::string> feature_names(const config::feature_set& x);
config::feature_set feature_set_of(const std::vector<std::string>& names);

/// The tools offered with `model`, as JSON. Equal settings share one text per OS thread.
shared_text tools_json(const model_info& model, const thread_config& config);

} // namespace troupe::node_root
