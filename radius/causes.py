"""Why a packet gets no answer, or a refusal before anybody looks for the user: a closed set.

The words are label values of `netquota_radius_dropped_total`, so they stay as they are once published.
"""

from enum import StrEnum


class Cause(StrEnum):
    """One reason, named by what is wrong with the packet; the rule it breaks stands behind it."""

    MALFORMED = "malformed"  # P1, P4
    WRONG_CODE = "wrong_code"  # P3
    WRONG_AUTHENTICATOR = "wrong_authenticator"  # P12, P27
    WRONG_SIGNATURE = "wrong_message_authenticator"  # P9
    UNSIGNED = "no_message_authenticator"  # P11, P18
    UNSIGNED_EAP = "eap_without_message_authenticator"  # P9
    UNSIGNED_PROXY_STATE = "proxy_state_without_message_authenticator"  # P11
    WRONG_LENGTH = "wrong_attribute_length"  # P4
    REPEATED = "repeated_attribute"  # more than one where one may stand
    FORBIDDEN = "forbidden_attribute"  # P13
    NO_NAS = "no_nas_identification"  # P6
    NO_USER_NAME = "no_user_name"  # P25
    BAD_USER_NAME = "bad_user_name"  # P25
    NO_CREDENTIAL = "no_credential"  # P6
    SEVERAL_CREDENTIALS = "several_credentials"  # P6
    BAD_MSCHAP = "mschap_of_wrong_form"  # lengths, no challenge, or two of them (RFC 2548 §2.1, §2.3)
    LM_ONLY = "lan_manager_response_only"  # its hash is no secret any more, so nobody is let in by it
    NO_STATUS_TYPE = "no_status_type"  # P14
    NO_SESSION_ID = "no_session_id"  # P21
    WRONG_ANSWER = "wrong_answer"  # P27: an answer to another question
    STALE = "stale_event_timestamp"  # P27, RFC 5176 §6.3
