"""What a server measures about itself, in Prometheus' terms: base units, few labels, never a key or a prompt."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from everjam import __version__

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_LEADS = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)


def _registry() -> CollectorRegistry:
    return CollectorRegistry(auto_describe=True)


@dataclass(slots=True)
class Metrics:
    """The counters of one app; make one for each app, so that apps in one process do not mix."""

    registry: CollectorRegistry = field(default_factory=_registry)
    sessions_active: Gauge = field(init=False)
    jams_playing: Gauge = field(init=False)
    sessions: Counter = field(init=False)
    closes: Counter = field(init=False)
    chunks: Counter = field(init=False)
    underruns: Counter = field(init=False)
    lateness_seconds: Histogram = field(init=False)
    lead_seconds: Histogram = field(init=False)
    control_messages: Counter = field(init=False)
    control_to_sound_seconds: Histogram = field(init=False)
    first_chunk_seconds: Histogram = field(init=False)
    render_seconds: Histogram = field(init=False)
    render_calls: Counter = field(init=False)
    late_notes: Counter = field(init=False)
    worker_restarts: Counter = field(init=False)
    workers_ready: Gauge = field(init=False)
    queue_depth: Gauge = field(init=False)

    def __post_init__(self) -> None:
        """Registers every metric."""
        own = self.registry
        Gauge("everjam_build_info", "Version that runs.", ["version"], registry=own).labels(__version__).set(1)
        self.sessions_active = Gauge("everjam_sessions_active", "Open connections.", registry=own)
        self.jams_playing = Gauge("everjam_jams_playing", "Sessions that are playing.", registry=own)
        self.sessions = Counter("everjam_sessions", "Connections so far.", registry=own)
        self.closes = Counter("everjam_session_closes", "Ended sessions by close code.", ["code"], registry=own)
        self.chunks = Counter("everjam_chunks_sent", "Audio chunks sent.", registry=own)
        self.underruns = Counter("everjam_underruns", "Times that a listener heard a gap.", registry=own)
        self.lateness_seconds = Histogram(
            "everjam_chunk_lateness_seconds",
            "How much later than due a chunk was ready.",
            buckets=_SECONDS,
            registry=own,
        )
        self.lead_seconds = Histogram(
            "everjam_lead_seconds", "Lead over the playhead just after a chunk.", buckets=_LEADS, registry=own
        )
        self.control_messages = Counter("everjam_control_messages", "Messages of clients.", registry=own)
        self.control_to_sound_seconds = Histogram(
            "everjam_control_to_sound_seconds",
            "From a steering message to the moment when its first chunk sounds.",
            buckets=(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1.0, 2.0, 3.0, 4.0, 4.1, 5.0, 8.0),
            registry=own,
        )
        self.first_chunk_seconds = Histogram(
            "everjam_first_chunk_seconds", "From PLAY to the first chunk.", buckets=_SECONDS, registry=own
        )
        self.render_seconds = Histogram(
            "everjam_render_seconds", "A render call with its wait for a worker.", buckets=_SECONDS, registry=own
        )
        self.render_calls = Counter("everjam_render_calls", "Render calls by result.", ["result"], registry=own)
        self.late_notes = Counter(
            "everjam_late_notes", "Notes that came in late because they were not ready.", registry=own
        )
        self.worker_restarts = Counter("everjam_worker_restarts", "Render workers that died or hung.", registry=own)
        self.workers_ready = Gauge("everjam_workers_ready", "Render workers that can take a call.", registry=own)
        self.queue_depth = Gauge("everjam_render_queue_depth", "Render calls that wait for a worker.", registry=own)

    def exposition(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)
