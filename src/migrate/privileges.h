#pragma once

#include <string>
#include <vector>

#include "db/sync_connection.h"

namespace wardbook::migrate {

/// What every role of a database may do unless it is withdrawn from PUBLIC, and hospitals' roles
/// have no use for. The part of the database's owner: temporary tables, connecting (the service
/// keeps that), making things in the schema `public`. Inside the caller's transaction; writes only
/// what there is to withdraw.
/// Returns statements for a superuser where the connection's role does not own the database.
std::vector<std::string> withdraw_from_public(db::SyncConnection& connection,
                                              const std::string& service_role);

/// The part that only a superuser can withdraw, as statements: making large objects, taking
/// advisory locks, writing messages into the log of transactions. Empty when that was done.
[[nodiscard]] std::vector<std::string> left_to_superuser(db::SyncConnection& connection);

}  // namespace wardbook::migrate
