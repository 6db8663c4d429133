-- The timetable of a day asks for the deployments of that day.
create index deployment_by_time on deployment (environment_id, requested_at);
