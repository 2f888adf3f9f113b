#pragma once

#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "messages/auth.hpp"
#include "messages/cluster.hpp"
#include "messages/collaboration_mode.hpp"
#include "messages/errors.hpp"
#include "messages/identity.hpp"
#include "messages/interfaces.hpp"
#include "messages/model_calls.hpp"
#include "messages/models.hpp"
#include "messages/thread_info.hpp"
#include "messages/tool.hpp"
#include "messages/wire_version.hpp"

/// The one type-id block. Append only: ids are positions, and they travel as raw numbers. Raise
/// `wire_version` with every change.
CAF_BEGIN_TYPE_ID_BLOCK(troupe, first_custom_type_id)

CAF_ADD_TYPE_ID(troupe, (troupe::thread_id))
CAF_ADD_TYPE_ID(troupe, (troupe::node_name))
CAF_ADD_TYPE_ID(troupe, (troupe::errc))
CAF_ADD_TYPE_ID(troupe, (troupe::response_item))
CAF_ADD_TYPE_ID(troupe, (troupe::token_usage))
CAF_ADD_TYPE_ID(troupe, (troupe::model_error))
CAF_ADD_TYPE_ID(troupe, (troupe::rate_limits))

// Operations
CAF_ADD_TYPE_ID(troupe, (troupe::text_input))
CAF_ADD_TYPE_ID(troupe, (troupe::image_input))
CAF_ADD_TYPE_ID(troupe, (troupe::local_image_input))
CAF_ADD_TYPE_ID(troupe, (troupe::user_input))
CAF_ADD_TYPE_ID(troupe, (troupe::user_turn))
CAF_ADD_TYPE_ID(troupe, (troupe::override_turn_context))
CAF_ADD_TYPE_ID(troupe, (troupe::interrupt_turn))
CAF_ADD_TYPE_ID(troupe, (troupe::shutdown_thread))
CAF_ADD_TYPE_ID(troupe, (troupe::submission))
CAF_ADD_TYPE_ID(troupe, (troupe::submitted))

// Model streams
CAF_ADD_TYPE_ID(troupe, (troupe::model_request))
CAF_ADD_TYPE_ID(troupe, (troupe::stream_created))
CAF_ADD_TYPE_ID(troupe, (troupe::output_item_added))
CAF_ADD_TYPE_ID(troupe, (troupe::output_item_done))
CAF_ADD_TYPE_ID(troupe, (troupe::output_text_delta))
CAF_ADD_TYPE_ID(troupe, (troupe::reasoning_summary_delta))
CAF_ADD_TYPE_ID(troupe, (troupe::reasoning_text_delta))
CAF_ADD_TYPE_ID(troupe, (troupe::reasoning_part_added))
CAF_ADD_TYPE_ID(troupe, (troupe::server_reasoning_included))
CAF_ADD_TYPE_ID(troupe, (troupe::rate_limits_seen))
CAF_ADD_TYPE_ID(troupe, (troupe::models_etag_seen))
CAF_ADD_TYPE_ID(troupe, (troupe::turn_state_seen))
CAF_ADD_TYPE_ID(troupe, (troupe::response_completed))
CAF_ADD_TYPE_ID(troupe, (troupe::open_stream))
CAF_ADD_TYPE_ID(troupe, (troupe::stream_opened))
CAF_ADD_TYPE_ID(troupe, (troupe::stream_credit))
CAF_ADD_TYPE_ID(troupe, (troupe::cancel_stream))
CAF_ADD_TYPE_ID(troupe, (troupe::model_events))
CAF_ADD_TYPE_ID(troupe, (troupe::stream_ended))

// Events
CAF_ADD_TYPE_ID(troupe, (troupe::session_configured))
CAF_ADD_TYPE_ID(troupe, (troupe::task_started))
CAF_ADD_TYPE_ID(troupe, (troupe::task_complete))
CAF_ADD_TYPE_ID(troupe, (troupe::turn_aborted))
CAF_ADD_TYPE_ID(troupe, (troupe::token_count))
CAF_ADD_TYPE_ID(troupe, (troupe::turn_error))
CAF_ADD_TYPE_ID(troupe, (troupe::stream_error))
CAF_ADD_TYPE_ID(troupe, (troupe::warning))
CAF_ADD_TYPE_ID(troupe, (troupe::background_event))
CAF_ADD_TYPE_ID(troupe, (troupe::shutdown_complete))
CAF_ADD_TYPE_ID(troupe, (troupe::user_message_item))
CAF_ADD_TYPE_ID(troupe, (troupe::agent_message_item))
CAF_ADD_TYPE_ID(troupe, (troupe::reasoning_item))
CAF_ADD_TYPE_ID(troupe, (troupe::web_search_item))
CAF_ADD_TYPE_ID(troupe, (troupe::item_started))
CAF_ADD_TYPE_ID(troupe, (troupe::item_completed))
CAF_ADD_TYPE_ID(troupe, (troupe::raw_response_item))
CAF_ADD_TYPE_ID(troupe, (troupe::agent_message_delta))
CAF_ADD_TYPE_ID(troupe, (troupe::reasoning_delta))
CAF_ADD_TYPE_ID(troupe, (troupe::reasoning_raw_delta))
CAF_ADD_TYPE_ID(troupe, (troupe::reasoning_section_break))
CAF_ADD_TYPE_ID(troupe, (troupe::exec_command_begin))
CAF_ADD_TYPE_ID(troupe, (troupe::exec_output_delta))
CAF_ADD_TYPE_ID(troupe, (troupe::exec_command_end))
CAF_ADD_TYPE_ID(troupe, (troupe::terminal_interaction))
CAF_ADD_TYPE_ID(troupe, (troupe::patch_apply_begin))
CAF_ADD_TYPE_ID(troupe, (troupe::patch_apply_end))
CAF_ADD_TYPE_ID(troupe, (troupe::turn_diff))
CAF_ADD_TYPE_ID(troupe, (troupe::plan_update))
CAF_ADD_TYPE_ID(troupe, (troupe::event))
CAF_ADD_TYPE_ID(troupe, (troupe::event_batch))
CAF_ADD_TYPE_ID(troupe, (troupe::events_lagged))
CAF_ADD_TYPE_ID(troupe, (troupe::subscribe_events))
CAF_ADD_TYPE_ID(troupe, (troupe::event_credit))
CAF_ADD_TYPE_ID(troupe, (troupe::unsubscribe_events))

// Tools
CAF_ADD_TYPE_ID(troupe, (troupe::run_tool))
CAF_ADD_TYPE_ID(troupe, (troupe::tool_result))
CAF_ADD_TYPE_ID(troupe, (troupe::tool_progress))
CAF_ADD_TYPE_ID(troupe, (troupe::cancel_tools))

// Rollouts
CAF_ADD_TYPE_ID(troupe, (troupe::create_rollout))
CAF_ADD_TYPE_ID(troupe, (troupe::rollout_opened))
CAF_ADD_TYPE_ID(troupe, (troupe::load_rollout))
CAF_ADD_TYPE_ID(troupe, (troupe::rollout_history))
CAF_ADD_TYPE_ID(troupe, (troupe::append_rollout))
CAF_ADD_TYPE_ID(troupe, (troupe::close_rollout))
CAF_ADD_TYPE_ID(troupe, (troupe::list_rollouts))
CAF_ADD_TYPE_ID(troupe, (troupe::rollout_page))

// Models
CAF_ADD_TYPE_ID(troupe, (troupe::get_model_info))
CAF_ADD_TYPE_ID(troupe, (troupe::model_facts))
CAF_ADD_TYPE_ID(troupe, (troupe::list_models))
CAF_ADD_TYPE_ID(troupe, (troupe::model_list))

// Threads
CAF_ADD_TYPE_ID(troupe, (troupe::thread_config))
CAF_ADD_TYPE_ID(troupe, (troupe::start_thread))
CAF_ADD_TYPE_ID(troupe, (troupe::resume_thread))
CAF_ADD_TYPE_ID(troupe, (troupe::thread_started))
CAF_ADD_TYPE_ID(troupe, (troupe::start_session))
CAF_ADD_TYPE_ID(troupe, (troupe::thread_summary))
CAF_ADD_TYPE_ID(troupe, (troupe::thread_status_request))
CAF_ADD_TYPE_ID(troupe, (troupe::list_threads))
CAF_ADD_TYPE_ID(troupe, (troupe::thread_list))
CAF_ADD_TYPE_ID(troupe, (troupe::submit_to_thread))
CAF_ADD_TYPE_ID(troupe, (troupe::remove_thread))
CAF_ADD_TYPE_ID(troupe, (troupe::close_all_threads))

// Cluster
CAF_ADD_TYPE_ID(troupe, (troupe::thread_created))
CAF_ADD_TYPE_ID(troupe, (troupe::thread_closed))
CAF_ADD_TYPE_ID(troupe, (troupe::hello))
CAF_ADD_TYPE_ID(troupe, (troupe::hello_reply))
CAF_ADD_TYPE_ID(troupe, (troupe::follow))
CAF_ADD_TYPE_ID(troupe, (troupe::following))
CAF_ADD_TYPE_ID(troupe, (troupe::relay_credit))
CAF_ADD_TYPE_ID(troupe, (troupe::relay_cut))

// Handles that travel inside messages
CAF_ADD_TYPE_ID(troupe, (troupe::event_sink_actor))
CAF_ADD_TYPE_ID(troupe, (troupe::stream_consumer_actor))
CAF_ADD_TYPE_ID(troupe, (troupe::tool_listener_actor))
CAF_ADD_TYPE_ID(troupe, (troupe::thread_manager_actor))

CAF_ADD_TYPE_ID(troupe, (troupe::services_changed))

// Relays
CAF_ADD_TYPE_ID(troupe, (troupe::get_thread_manager))
CAF_ADD_TYPE_ID(troupe, (troupe::add_peer))
CAF_ADD_TYPE_ID(troupe, (troupe::link_up))
CAF_ADD_TYPE_ID(troupe, (troupe::link_down))

// Model calls of the whole model client
CAF_ADD_TYPE_ID(troupe, (troupe::request_origin))
CAF_ADD_TYPE_ID(troupe, (troupe::websocket_refused))
CAF_ADD_TYPE_ID(troupe, (troupe::prepare_connection))
CAF_ADD_TYPE_ID(troupe, (troupe::close_connection))
CAF_ADD_TYPE_ID(troupe, (troupe::compact_history))
CAF_ADD_TYPE_ID(troupe, (troupe::compacted_history))
CAF_ADD_TYPE_ID(troupe, (troupe::summarise_traces))
CAF_ADD_TYPE_ID(troupe, (troupe::trace_summaries))

// Logins
CAF_ADD_TYPE_ID(troupe, (troupe::get_login))
CAF_ADD_TYPE_ID(troupe, (troupe::login_snapshot))
CAF_ADD_TYPE_ID(troupe, (troupe::recover_login))
CAF_ADD_TYPE_ID(troupe, (troupe::login_recovery))
CAF_ADD_TYPE_ID(troupe, (troupe::external_tokens))
CAF_ADD_TYPE_ID(troupe, (troupe::refresh_external_login))
CAF_ADD_TYPE_ID(troupe, (troupe::use_external_login))
CAF_ADD_TYPE_ID(troupe, (troupe::log_out))
CAF_ADD_TYPE_ID(troupe, (troupe::logged_out))
CAF_ADD_TYPE_ID(troupe, (troupe::auth_changed))

// Compaction and workspaces
CAF_ADD_TYPE_ID(troupe, (troupe::compact_thread))
CAF_ADD_TYPE_ID(troupe, (troupe::context_compaction_item))
CAF_ADD_TYPE_ID(troupe, (troupe::workspace_described))

// Models of the whole models manager
CAF_ADD_TYPE_ID(troupe, (troupe::fetch_models))
CAF_ADD_TYPE_ID(troupe, (troupe::fetched_models))
CAF_ADD_TYPE_ID(troupe, (troupe::list_picker_models))
CAF_ADD_TYPE_ID(troupe, (troupe::list_model_switcher_models))
CAF_ADD_TYPE_ID(troupe, (troupe::try_list_models))
CAF_ADD_TYPE_ID(troupe, (troupe::try_list_picker_models))
CAF_ADD_TYPE_ID(troupe, (troupe::try_list_model_switcher_models))
CAF_ADD_TYPE_ID(troupe, (troupe::try_is_official_openai_model))
CAF_ADD_TYPE_ID(troupe, (troupe::get_default_model))
CAF_ADD_TYPE_ID(troupe, (troupe::chosen_model))
CAF_ADD_TYPE_ID(troupe, (troupe::refresh_if_new_etag))
CAF_ADD_TYPE_ID(troupe, (troupe::switch_provider))
CAF_ADD_TYPE_ID(troupe, (troupe::list_identities))
CAF_ADD_TYPE_ID(troupe, (troupe::identity_list))
CAF_ADD_TYPE_ID(troupe, (troupe::list_collaboration_modes))
CAF_ADD_TYPE_ID(troupe, (troupe::collaboration_mode_list))
CAF_ADD_TYPE_ID(troupe, (troupe::login_changed))
CAF_ADD_TYPE_ID(troupe, (troupe::watch_login))
CAF_ADD_TYPE_ID(troupe, (troupe::model_sources))

CAF_ADD_TYPE_ID(troupe, (troupe::provider_changed))
CAF_ADD_TYPE_ID(troupe, (troupe::reopen_rollout))

CAF_ADD_TYPE_ID(troupe, (troupe::thread_door_actor))

CAF_END_TYPE_ID_BLOCK(troupe)

CAF_ERROR_CODE_ENUM(troupe::errc)
