"""Panels: what was known of many series at many moments, without looking ahead."""
